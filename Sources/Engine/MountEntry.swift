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
