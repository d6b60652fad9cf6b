import Engine

/// `disks.persistent` of the agent's settings. Agents of stemcell API version 1 learn of their disks
/// there and nowhere else; later ones are told by the director, and an entry that is out of date would
/// keep them from booting. Contract §3.3.
///
/// The settings hold secrets: they are read and written here, and kept nowhere.
extension World {
    /// Whether the settings in the container have to change for the VM's agent to know the disk, or to
    /// know it no more. Throws `CPIError` for settings that cannot be read.
    func settingsDiffer(_ container: Container, _ disk: DiskCID, wanted: Bool) throws -> Bool {
        // The Go CPI writes them for every agent.
        let mayHaveIt = !wanted && container.isOfUnknownStemcell
        guard container.readsDisksFromSettings(request) || mayHaveIt else { return false }
        let path = container.settingsPath(configuration)
        guard try engine.fileSize(container.id, path: path) != nil else {
            warn("there are no settings \(path) of its agent in container \(container.name)")
            return false
        }
        return try settingsHave(disk, in: container) != wanted
    }

    /// Whether the settings have the disk, with the place where it is mounted.
    func settingsHave(_ disk: DiskCID, in container: Container) throws -> Bool {
        try settings(container)["disks"]["persistent"][disk.description].string == disk.hint
    }

    /// Writes the disk into the settings, or takes it out. The agent of a VM that runs finds the old file
    /// or the new one, and never a part.
    func setSettings(_ disk: DiskCID, isThere: Bool, in container: Container) throws {
        var changed = try settings(container)
        var disks = changed["disks"]["persistent"].object ?? [:]
        disks[disk.description] = isThere ? .string(disk.hint) : nil
        changed["disks"]["persistent"] = .object(disks)
        let path = container.settingsPath(configuration)
        guard container.isRunning else {
            return try engine.writeFile(container.id, path: path, content: changed.bytes)
        }
        let temporary = path + AgentSettings.temporary
        try engine.writeFile(container.id, path: temporary, content: changed.bytes)
        let moved = try engine.exec(container.id, ["mv", "-f", temporary, path], seconds: 30)
        guard moved.exitCode == 0 else {
            throw CPIError.cloud(
                "the agent's settings in \(container.name) could not be replaced: "
                    + moved.words)
        }
    }

    /// Removes the new settings that `setSettings` has left: should Docker begin with its `mv` later, there is
    /// nothing to be moved.
    fileprivate func dropNewSettings(in container: Container) throws {
        guard container.isRunning else { return }
        let temporary = container.settingsPath(configuration) + AgentSettings.temporary
        _ = try look(["rm", "-f", temporary], in: container.id, seconds: 30)
    }

    private func settings(_ container: Container) throws -> JSON {
        let path = container.settingsPath(configuration)
        guard let bytes = try engine.readFile(container.id, path: path),
            let json = try? JSON(parsing: bytes), json.object != nil
        else {
            throw CPIError.cloud(
                "the agent's settings \(path) are not to be found in the VM, or are no JSON")
        }
        return json
    }
}

extension Container {
    /// Whether its agent is of stemcell API version 1. The label says what create_vm was told; a VM
    /// without it is what this call is told, and else, if the Go CPI made it, of version 1.
    func readsDisksFromSettings(_ request: CallContext) -> Bool {
        let label = labels[Label.stemcellAPIVersion] ?? ""
        return (Int(label) ?? request.stemcellAPIVersion ?? (labels[Label.vm] == nil ? 1 : 2)) < 2
    }

    /// Made by the Go CPI, or by a version that did not say it.
    fileprivate var isOfUnknownStemcell: Bool { labels.label(Label.stemcellAPIVersion) == nil }
}

extension Step {
    /// Changes the settings of a VM that stays as it is.
    static func tellSettings(_ vm: VMCID, _ disk: DiskCID, isThere: Bool) -> Step {
        Step(
            name: name(vm, disk, isThere), touchesOthers: true,
            do: { world in
                guard let container = try world.vm(vm) else { throw CPIError.vmNotFound(vm) }
                try world.setSettings(disk, isThere: isThere, in: container)
            },
            verify: { world in
                guard let container = try world.vm(vm) else { return true }
                return try world.settingsHave(disk, in: container) == isThere
            },
            undo: .by { world in
                guard let container = try world.vm(vm) else { return }
                guard try world.settingsHave(disk, in: container) == isThere else {
                    return try world.dropNewSettings(in: container)
                }
                try world.setSettings(disk, isThere: !isThere, in: container)
            })
    }

    /// Changes the settings of a replacement that has not run yet.
    static func tellReplacement(_ plan: Remount) -> Step {
        Step(
            name: name(plan.vm, plan.disk, plan.isAttach),
            do: { world in
                guard let container = try world.madeContainer(plan.names) else { return }
                try world.setSettings(plan.disk, isThere: plan.isAttach, in: container)
            },
            verify: { world in
                guard let container = try world.madeContainer(plan.names) else { return true }
                return try world.settingsHave(plan.disk, in: container) == plan.isAttach
            },
            undo: .withAnother)  // it is the replacement's file
    }

    private static func name(_ vm: VMCID, _ disk: DiskCID, _ isThere: Bool) -> String {
        isThere
            ? "write disk \(disk) into the settings of \(vm)"
            : "take disk \(disk) out of the settings of \(vm)"
    }
}
