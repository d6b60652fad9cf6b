/// One line of `GET /containers/json`.
public struct ContainerSummary: Sendable {
    public let id: String
    /// Without the leading slash.
    public let names: [String]
    public let labels: [String: String]
    /// One of created, running, paused, restarting, removing, exited, dead.
    public let state: String

    /// Its first name; its id where it has none.
    public var name: String { names.first ?? id }
    public var isRunning: Bool { state == "running" }
}
