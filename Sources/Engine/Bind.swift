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

/// An entry of `HostConfig.Mounts`.
public struct MountEntry {
    public private(set) var json: JSON

    public init(_ json: JSON) { self.json = json }

    /// The place in the container, as Docker cleans it; nil when it names none.
    public var target: String? { json["Target"].string.map(UnixPath.cleaned) }

    /// A volume's name, or a path of the host; empty where it names none.
    public var source: String { json["Source"].string ?? "" }

    public var isVolume: Bool { json["Type"].string == "volume" }

    /// Whether it asks for some volume, no matter which.
    public var isUnnamedVolume: Bool { isVolume && source.isEmpty }

    /// The path of the host that a local volume without a name of its own is to be bound to; nil for none.
    public var device: String? {
        let path = ["VolumeOptions", "DriverConfig", "Options"]
        let options = path.reduce(json) { $0.member(inAnyCapitals: $1) }
        return options["device"].string
    }

    /// Whether its source is a volume's name or a path of the host.
    public var isOfVolumeOrPath: Bool {
        ["volume", "bind"].contains(json["Type"].string ?? "")
    }

    /// The same with another source.
    public func from(_ source: String) -> MountEntry {
        var copy = self
        copy.json["Source"] = .string(source)
        return copy
    }
}

extension JSON {
    /// As Docker decodes the fields of its own types.
    fileprivate func member(inAnyCapitals name: String) -> JSON {
        object?.first { $0.key.lowercased() == name.lowercased() }?.value ?? .null
    }
}
