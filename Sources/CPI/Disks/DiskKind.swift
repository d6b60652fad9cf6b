import Engine

/// The volume driver of a disk, and the driver's options, as `cloud_properties` ask for them.
struct DiskKind {
    let driver: String
    let options: [String: String]

    static let keys = ["driver", "driver_opts"]

    /// Throws `Field.Wrong` naming the key.
    init(_ properties: Field) throws {
        driver =
            try properties.member("driver").optional { try $0.driverName() } ?? Volume.local
        options = try properties.member("driver_opts").optional { try $0.strings() } ?? [:]
    }

    /// Whether nothing particular is asked for.
    var isPlain: Bool { driver == Volume.local && options.isEmpty }

    /// Whether the volume is of this kind. A limit that create_disk has set of its own accord is none of the
    /// director's options.
    func fits(_ volume: Volume) -> Bool {
        let own = volume.isLocal ? volume.optionsBesideLimit : volume.options
        return driver == volume.driver && (options == volume.options || options == own)
    }
}

extension Volume {
    /// Docker's option of the local driver for a quota of the file system. podman would mount a device with it.
    private static let limit = "size"

    /// What limits a local volume.
    static func limit(_ sizeMiB: Int, isPodman: Bool) -> [String: String] {
        // A million bytes is what podman takes an M for.
        isPodman ? ["o": "\(limit)=\(sizeMiB << 20)"] : [limit: "\(sizeMiB)M"]
    }

    /// The size among the mount options, as a tmpfs has it: "size=16m".
    var mountedSize: String? {
        (options["o"] ?? "").split(separator: ",").first { $0.hasPrefix("size=") }.map(String.init)
    }

    var optionsBesideLimit: [String: String] {
        // podman shows a size that it limits as SIZE too, and mounts nothing for it.
        let isMounted = options["type"] != nil || options["device"] != nil
        return options.filter {
            $0.key.lowercased() != Volume.limit
                && (isMounted || $0.key != "o" || $0.value != mountedSize)
        }
    }

    /// Whether Docker limits it when a container with it starts, and not before.
    var isLimitedAtStart: Bool { isLocal && options[Volume.limit] != nil }

    /// Whether it can hold no more than its options say: by a quota, or as a tmpfs.
    var enforcesSize: Bool {
        options[Volume.limit] != nil || mountedSize != nil
    }
}
