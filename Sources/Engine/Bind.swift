/// An entry of `HostConfig.Binds`: `[SOURCE:]DESTINATION[:OPTIONS]`.
public struct Bind {
    public let text: String
    private let parts: [Substring]

    public init(_ text: String) {
        self.text = text
        parts = text.split(separator: ":", omittingEmptySubsequences: false)
    }

    /// Whether Docker would take it.
    public var isWellFormed: Bool {
        (1...3).contains(parts.count) && parts.allSatisfy { !$0.isEmpty }
            && parts[min(1, parts.count - 1)].hasPrefix("/")
    }

    /// A volume's name, or a path of the host; nil where a volume without a name is asked for.
    public var source: String? { parts.count > 1 ? String(parts[0]) : nil }

    /// The place in the container, as Docker cleans it.
    public var destination: String {
        UnixPath.cleaned(String(parts.count > 1 ? parts[1] : parts[0]))
    }
}
