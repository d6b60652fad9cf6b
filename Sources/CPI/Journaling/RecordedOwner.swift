import Engine
import Journal

/// Who owns an operation, as its intent in the journal says.
public struct RecordedOwner: Sendable {
    /// The process, and the host that it ran on; nil when it was found in Docker.
    public let pid: Int?
    public let host: String?
    /// Of the CPI.
    public let version: String?
    /// Where it was begun; nil when an older version recorded it.
    let place: Place?
    /// No process has recorded it: it was found by its traces in Docker.
    let isAdopted: Bool
    /// The Docker daemon's own id, and its address at that time; nil where it was not known.
    let daemonID: String?
    public let daemonAddress: String?

    /// Nil when the operation has no owner that can be read.
    public init?(_ operation: Operation) {
        guard let text = operation.owner else { return nil }
        self.init(parsing: text)
    }

    /// Nil for what is no JSON.
    init?(parsing text: String) {
        guard let json = try? JSON(parsing: text.utf8) else { return nil }
        pid = json["pid"].int
        host = json["host"].string
        version = json["version"].string
        place = json["place"].string.flatMap { Place($0) }
        isAdopted = json["adopted"].bool ?? false
        daemonID = json["daemon"]["id"].string
        daemonAddress = json["daemon"]["address"].string
    }
}
