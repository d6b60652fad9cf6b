import Engine

/// What was seen inside a stemcell, in a container that is made from it and never runs. Kept as labels
/// of the image, where create_vm finds it.
struct StemcellContents: Equatable {
    /// The distribution by its os-release: `PRETTY_NAME`, else `ID` and `VERSION_ID`.
    var system: String?
    var architecture: Architecture?
    var initSystem: InitSystem
    /// Where its agent reads settings from a file, by its agent.json.
    var settingsPath: String?

    /// What starts the agent, and so what process 1 is to be.
    enum InitSystem: String {
        case systemd, runit, other
    }

    /// Looks. What is not there, or cannot be understood, is left out. Throws `EngineError`, and
    /// `CPIError` for what can be no VM: without a shell nothing of a stemcell starts.
    init(of container: String, _ engine: Engine) throws {
        initSystem = try StemcellContents.initSystem(container, engine)
        system = try StemcellContents.read("/etc/os-release", container, engine).flatMap {
            StemcellContents.system(osRelease: $0)
        }
        settingsPath = try StemcellContents.read(VMPlace.bosh + "/agent.json", container, engine)
            .flatMap {
                StemcellContents.settingsPath(agentJSON: $0)
            }
        guard let shell = try StemcellContents.read("/bin/sh", container, engine) else {
            throw CPIError.cloud(
                "the stemcell has no /bin/sh: its image file must be the tar archive of a "
                    + "root file system (docker export, not docker save), a light one an image with a shell"
            )
        }
        architecture = Architecture(elf: shell)
    }

    var labels: [String: String] {
        [
            Label.system: system, Label.architecture: architecture?.description,
            Label.initSystem: initSystem.rawValue, Label.settingsPath: settingsPath,
        ].compactMapValues(\.self)
    }

    /// What an image says of which nothing was seen: a light stemcell may stand on another one.
    static let nothing = Dictionary(
        uniqueKeysWithValues: [
            Label.system, Label.architecture, Label.initSystem, Label.settingsPath,
        ].map { ($0, "") })

    /// Where a link leads is asked first: an Engine starts a process for each file that is read, links too.
    private static func read(
        _ path: String, _ container: String, _ engine: Engine
    ) throws -> [UInt8]? {
        guard let stat = try engine.pathStat(container, path: path) else { return nil }
        return try engine.readFile(container, path: stat.target ?? path)
    }

    /// Up to Jammy, stemcells have systemd as well, but their agent is a service of runit.
    private static func initSystem(_ container: String, _ engine: Engine) throws -> InitSystem {
        guard let stat = try engine.pathStat(container, path: "/sbin/init") else {
            return try isRunit(container, engine) ? .runit : .other
        }
        let program = (stat.target ?? "/sbin/init").split(separator: "/").last ?? ""
        switch program {
        case "systemd":
            if try engine.pathStat(container, path: "/etc/sv/agent") == nil { return .systemd }
            let isUnit = try ["/etc", "/lib"].contains { directory in
                let unit = directory + "/systemd/system/bosh-agent.service"
                return try engine.pathStat(container, path: unit) != nil
            }
            return isUnit ? .systemd : .runit
        case let name where name.hasPrefix("runit"): return .runit
        default: return try isRunit(container, engine) ? .runit : .other
        }
    }

    private static func isRunit(_ container: String, _ engine: Engine) throws -> Bool {
        try engine.pathStat(container, path: "/usr/sbin/runsvdir-start") != nil
    }

    /// `KEY=VALUE` lines, as a shell would read them: freedesktop.org's os-release(5).
    static func system(osRelease bytes: [UInt8]) -> String? {
        var values: [Substring: String] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
            guard let equals = line.firstIndex(of: "="), line.first != "#" else { continue }
            let value = line[line.index(after: equals)...].filter { !"\"'\\".contains($0) }
            values[line[..<equals]] = String(value.prefix(200))
        }
        let name = [values["ID"], values["VERSION_ID"]].compactMap(\.self).joined(separator: " ")
        return [values["PRETTY_NAME"] ?? "", name].first { !$0.isEmpty }
    }

    /// The first source that is a file: `Infrastructure.Settings.Sources` of bosh-agent's
    /// app/config.go. Nil as well for a path that the CPI cannot write.
    static func settingsPath(agentJSON bytes: [UInt8]) -> String? {
        guard let json = try? JSON(parsing: bytes) else { return nil }
        let sources = json["Infrastructure"]["Settings"]["Sources"].array ?? []
        return sources.lazy.filter { $0["Type"].string == "File" }
            .compactMap { $0["SettingsPath"].string }.first { path in
                path.hasPrefix("/") && path.utf8.count <= AgentSettings.longestPath
                    && !path.hasSuffix("/")
                    && path.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
            }
    }
}
