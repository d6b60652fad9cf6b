@testable import Journal

extension Retention {
    /// Only time decides.
    static let nothing = Retention(latest: [], deleting: [])
}
