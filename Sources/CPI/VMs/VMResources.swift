import Engine

/// What a VM may use of its host, from cloud_properties with names of ours: each becomes a field of
/// Docker's HostConfig. Given by its Docker name as well it is a contradiction, and refused.
struct VMResources {
    /// Fields of HostConfig by name.
    let hostConfig: [String: JSON]

    /// Our name and Docker's.
    private static let fields: [(key: String, field: String)] = [
        ("memory", "Memory"), ("swap", "MemorySwap"), ("cpus", "NanoCpus"),
        ("cpu_shares", "CpuShares"), ("pids_limit", "PidsLimit"), ("ulimits", "Ulimits"),
        ("devices", "Devices"), ("shm_size", "ShmSize"), ("tmpfs", "Tmpfs"),
        ("sysctls", "Sysctls"),
    ]

    /// The names, and `volumes`, which `VMMounts` reads.
    static let keys = fields.map(\.key) + ["volumes"]

    /// Throws `Field.Wrong` naming the key for what is of another type, or beyond its bounds.
    init(_ properties: Field) throws {
        var found: [String: JSON] = [:]
        for (key, field) in VMResources.fields {
            let wanted = properties.member(key)
            guard !wanted.isAbsent else { continue }
            guard properties.member(field).isAbsent else {
                throw Field.Wrong(
                    description: "\(properties.name) has both \(key) and \(field): they mean the "
                        + "same")
            }
            found[field] = try VMResources.value(of: key, wanted, in: properties)
        }
        hostConfig = found
    }

    private static func value(of key: String, _ field: Field, in properties: Field) throws -> JSON {
        switch key {
        case "memory": return .integer(Int64(try memory(field)) << 20)
        case "swap": return try swap(field, memory: properties.member("memory"))
        case "cpus":
            return .integer(
                Int64(
                    (try field.double(above: 0.0099, below: Double(mostCPUs + 1)) * 1e9).rounded()))
        case "cpu_shares": return JSON(try field.int(2...262_144))
        case "pids_limit": return JSON(try field.int(1...4_194_304))
        case "ulimits":
            // As the Go CPI takes them: Docker's list.
            guard field.value.array == nil else { return .array(try field.array().map(dockers)) }
            return .array(try field.members().map { try ulimit($0.key, $0.field) })
        case "devices": return .array(try field.array().map(device))
        case "shm_size": return .integer(Int64(try field.int(1...(1 << 30))) << 20)
        case "tmpfs": return try tmpfs(field)
        default: return try sysctls(field)
        }
    }

    static let mostCPUs = 9_999
    static let memoryMiB = 6...((6 << 20) - 1)

    /// MiB. The Go CPI takes bytes by this name: what Docker allows as such (6 MiB and more) is refused.
    private static func memory(_ field: Field) throws -> Int {
        if let memory = field.value.int, memory > memoryMiB.upperBound {
            throw Field.Wrong(
                description: "\(field.name) is \(memory): it is in MiB; in bytes it is Memory")
        }
        return try field.int(memoryMiB)
    }

    /// MiB of swap beside the memory: Docker counts both together. -1 is no limit.
    private static func swap(_ field: Field, memory: Field) throws -> JSON {
        let swap = try field.int(-1...(1 << 30))
        if swap == -1 { return -1 }
        guard !memory.isAbsent else {
            throw Field.Wrong(
                description: "\(field.name) needs \(memory.name): it is a limit beside that one")
        }
        return .integer(Int64(try self.memory(memory) + swap) << 20)
    }

    /// A number for both limits, or `{"soft": n, "hard": n}`; -1 is no limit.
    private static func ulimit(_ name: String, _ field: Field) throws -> JSON {
        guard limits.contains(name) else {
            throw Field.Wrong(
                description: "\(field.name.prefix(80)) is no limit that Linux knows; it knows "
                    + limits.joined(separator: ", "))
        }
        let most = -1...(Int.max - 1)
        guard field.value.object != nil else {
            let both = try field.int(most)
            return limit(name, both, both)
        }
        let hard = try field.member("hard").int(most)
        let soft = try field.member("soft").optional { try $0.int(most) } ?? hard
        guard hard == -1 || (soft != -1 && soft <= hard) else {
            throw Field.Wrong(description: "\(field.name).soft is more than \(field.name).hard")
        }
        return limit(name, soft, hard)
    }

    private static func limit(_ name: String, _ soft: Int, _ hard: Int) -> JSON {
        ["Name": .string(name), "Soft": JSON(soft), "Hard": JSON(hard)]
    }

    private static let limits = [
        "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc",
        "rss", "rtprio", "rttime", "sigpending", "stack",
    ]

    /// In Docker's own form, which the Go CPI takes: Docker says what is wrong with it.
    private static func dockers(_ field: Field) throws -> JSON { .object(try field.object()) }

    /// `HOST[:CONTAINER[:rwm]]`, as `docker run --device` takes it.
    private static func device(_ field: Field) throws -> JSON {
        guard field.value.object == nil else { return try dockers(field) }
        let parts = try field.nonEmptyString()
            .split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        let mode = parts.count > 2 ? parts[2] : "rwm"
        let isRight =
            parts.count <= 3 && parts.prefix(2).allSatisfy { $0.hasPrefix("/") } && !mode.isEmpty
            && mode.allSatisfy { "rwm".contains($0) } && Set(mode).count == mode.count
        guard isRight else {
            throw Field.Wrong(
                description: "\(field.name) must be PATH, PATH:PATH_IN_VM or PATH:PATH_IN_VM:rwm")
        }
        return [
            "PathOnHost": .string(parts[0]),
            "PathInContainer": .string(parts.count > 1 ? parts[1] : parts[0]),
            "CgroupPermissions": .string(mode),
        ]
    }

    /// Mount options by place: `{"/scratch": "size=64m"}`; or a list of places.
    private static func tmpfs(_ field: Field) throws -> JSON {
        let places: [(place: String, options: String, field: Field)]
        if field.value.array != nil {
            places = try field.array().map { (try $0.nonEmptyString(), "", $0) }
        } else {
            places = try field.members().map { ($0.key, try $0.field.string(), $0.field) }
        }
        for one in places {
            guard one.place.hasPrefix("/") else {
                throw Field.Wrong(description: "\(field.name) must have paths that begin with '/'")
            }
            try VMMounts.requireAllowed(UnixPath.cleaned(one.place), field)
        }
        return .object(
            Dictionary(
                places.map { ($0.place, .string($0.options)) }, uniquingKeysWith: { one, _ in one })
        )
    }

    private static func sysctls(_ field: Field) throws -> JSON {
        var found: [String: JSON] = [:]
        for (key, value) in try field.members() {
            guard let text = value.value.string ?? value.value.int.map(String.init) else {
                throw value.wrong("a string or a whole number")
            }
            found[key] = .string(text)
        }
        return .object(found)
    }
}
