/// Who calls: what of a request is kept in labels and in the journal.
struct CallContext: Sendable {
    var director: String?
    var requestID: String?
    var isVersion2: Bool
    /// The API version of the VM's stemcell, where the caller says it; contract §1.2.
    var stemcellVersion: Int?
}
