import Engine

/// Something in Docker that no operation is at work on and that perhaps no director knows of.
public struct Orphan: Sendable {
    public enum Kind: String, Sendable {
        /// An operation that is to be settled.
        case operation
        case container, volume, image, network
    }

    public let kind: Kind
    public let name: String
    /// As in "volume disk-1".
    public var title: String { "\(kind.rawValue) \(name)" }
    public internal(set) var reason: String
    /// What removes it, or what to do about it, for a person to run.
    public let command: String
    /// How `cpi-admin orphans --remove` may remove it.
    public var removal = OrphanRemoval.never("it may hold what nothing else holds")
    /// RFC 3339, as Docker says it; nil where it does not.
    public var created: String?
    /// The same, in milliseconds since 1970.
    public var createdAt: Int64? { created.flatMap(DockerTime.milliseconds) }
    /// In bytes; nil where it was not asked for, or Docker does not know.
    public var bytes: Int?
}
