import Engine

extension Inspection {
    /// Pins and keepers that are to run and do not: a prune may take disks that VMs have mounted, or that
    /// `disks.pin: always` is to keep. Changes nothing. Throws `EngineError`.
    func stoppedPins() throws -> [Finding] {
        try engine.containers(.label(Label.pinnedTo)).compactMap { summary in
            guard !summary.isRunning, let pin = try world.listed(summary),
                pin.isIdlePin
            else { return nil }
            // `orphans` names these instead.
            if let vm = pin.pinnedTo, try world.vm(vm) == nil || world.isUnused(pin) { return nil }
            let disk = pin.pinnedTo.map { "a disk that VM \($0) has" } ?? "what it keeps"
            return Finding(
                "pin \(pin.name)", .warn, "it does not run: a prune may take \(disk)",
                advice: "docker start \(pin.name)")
        }
    }

    /// Disks that VMs have, as the VMs themselves say, and no pin of which is there: as far as the journal names them.
    /// Changes nothing. Throws `EngineError`.
    func missingPins() throws -> [Finding] {
        let vms = Set(try engine.containers(.label(Label.vm)).compactMap(\.vm))
        return try vms.sorted().flatMap { vm -> [Finding] in
            let named = world.recorder.store.disksAttached(to: vm)
            guard !named.isEmpty, let container = try world.listed(vm.description, called: "\(vm)")
            else { return [] }
            let pinned = Set(try world.pins(of: vm).map(\.disk))
            let missing = try world.orLeftOut("container \(vm)") {
                try named.filter { disk in
                    try !pinned.contains(disk) && world.isListed(disk, in: container.id)
                }
            }
            return (missing ?? []).map { disk in
                Finding(
                    "disk \(disk)", .warn,
                    "VM \(vm) has it, and its pin was removed: a prune may take it",
                    advice:
                        "attach it to that VM again (attach_disk, nothing is restarted): that makes its pin"
                )
            }
        }
    }

    /// With `disks.pin: always`: disks that no container keeps, not even one that runs and has them mounted, as
    /// where create_disk could not make a keeper. Changes nothing. Throws `EngineError`.
    func disksWithoutKeeper() throws -> [Finding] {
        guard world.configuration.pin == .always else { return [] }
        let pins = Set(try engine.containers(.label(Label.pinnedTo)).flatMap(\.names))
        let disks = try engine.volumes(.label(Label.disk)).filter(\.isDisk)
        return try disks.map { DiskCID($0.name) }.sorted().compactMap { disk in
            guard pins.isDisjoint(with: [disk.keeper, disk.pin]),
                try !world.users(ofVolume: disk.description).contains(where: {
                    $0.isRunning
                })
            else { return nil }
            return Finding(
                "disk \(disk)", .warn,
                "nothing keeps prunes from it, as disks.pin: always asks for",
                advice:
                    "attach it to a VM and detach it again: that makes the container that keeps it")
        }
    }
}
