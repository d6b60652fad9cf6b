import Engine

/// The disks that an agent's settings name, `disks.persistent`: each disk's hint by its CID.
///
/// An agent of a stemcell of API version 1 knows no other disks. From version 2 on the director tells
/// it of them, and an entry that is stale, or a second one, keeps it from booting: contract §3.3, §5.4.
extension AgentSettings {
    /// The settings with the disk in them or without it; nil when they are right already. All else in
    /// them stays as it is. Throws `Unreadable`, which shows nothing of them.
    static func changed(_ content: [UInt8], disk: DiskCID, isThere: Bool) throws -> [UInt8]? {
        guard var settings = try? JSON(parsing: content), settings.object != nil else {
            throw Unreadable()
        }
        var persistent = settings["disks"]["persistent"].object ?? [:]
        let wanted: JSON? = isThere ? .string(disk.hint) : nil
        guard persistent[disk.description] != wanted else { return nil }
        persistent[disk.description] = wanted
        settings["disks"]["persistent"] = .object(persistent)
        return settings.bytes
    }

    struct Unreadable: Error, CustomStringConvertible {
        var description: String { "they are not a JSON object" }
    }
}

extension World {
    /// Whether the settings in a container, which may be stopped, name the disk or do not, as wanted.
    /// Settings that are missing or cannot be read count as right. Throws `EngineError`.
    func areSettingsRight(_ container: String, disk: DiskCID, isThere: Bool) throws -> Bool {
        let path = configuration.agentSettingsPath
        guard let content = try engine.readFile(container, path: path) else { return true }
        do {
            return try AgentSettings.changed(content, disk: disk, isThere: isThere) == nil
        } catch is AgentSettings.Unreadable {
            return true
        }
    }

    /// Puts the disk into the settings in a container, or takes it out of them. The container may be
    /// stopped, or never have been started: an agent that boots must find the new ones. Settings that
    /// are missing, or cannot be read, are a warning: their agent cannot be up. Throws `EngineError`.
    func changeSettings(_ container: String, disk: DiskCID, isThere: Bool) throws {
        let path = configuration.agentSettingsPath
        guard let content = try engine.readFile(container, path: path) else {
            return warn("there are no settings of its agent in container \(container)")
        }
        do {
            let changed = try AgentSettings.changed(content, disk: disk, isThere: isThere)
            guard let changed else { return }
            try engine.writeFile(container, path: path, content: changed)
        } catch let error as AgentSettings.Unreadable {
            warn("the agent's settings in container \(container) are kept as they are: \(error)")
        }
    }
}
