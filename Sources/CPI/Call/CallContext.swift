/// Who calls, and what it knows of the CPI API. The director is kept in labels, and with the id in the journal.
struct CallContext: Sendable {
    var director: String?
    var requestID: String?
    var isVersion2: Bool
    /// The API version of the VM's stemcell, where the caller says it.
    var stemcellAPIVersion: Int?
}
