@testable import Journal

extension Journal {
    /// The newest operations first; `limit` at most. With `subject`, those about it alone.
    func operations(subject cid: String? = nil, limit: Int) throws -> [Operation] {
        try operations(OperationFilter(about: cid, limit: limit))
    }
}

extension Retention {
    /// Only time decides.
    static let nothing = Retention(latest: [], deleting: [])
}
