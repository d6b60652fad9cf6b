import Engine

/// Containers that do nothing but have a disk among their mounts: while one is there Docker refuses to
/// remove the volume, and while it runs no prune takes it or the volume.
///
/// `<disk>.pin` says which VM the disk is attached to; `<disk>.keep` is there for as long as the disk,
/// where that is configured.
extension World {
    /// The disk's pin, whoever's it is; nil when there is none. Throws `EngineError`.
    func pin(of disk: DiskCID) throws -> Container? {
        guard let container = try engine.container(disk.pin), container.isPin else { return nil }
        return container
    }

    /// The disks that are pinned to a VM: one request, whatever their number.
    func pins(of vm: VMCID) throws -> [(disk: DiskCID, id: String, hasRun: Bool)] {
        try engine.containers(.label(Label.pinnedTo, vm)).compactMap { container in
            guard let disk = container.labels[Label.disk] else { return nil }
            return (DiskCID(disk), container.id, container.state != "created")
        }
    }

    /// Whether a pin has never run and its VM does not have the disk on its list: its attach_disk is at work, or
    /// was given up before Docker made it. Throws `EngineError`.
    func isUnused(_ pin: Container) throws -> Bool {
        guard !pin.wasStarted, let vm = pin.pinnedTo, let container = try self.vm(vm),
            let disk = pin.labels[Label.disk]
        else { return false }
        return try !isListed(DiskCID(disk), in: container.id)
    }

    /// Starts the VM's pins that were to run and do not: somebody has stopped all containers, or the daemon
    /// was killed. Throws `EngineError`.
    func startPins(of vm: VMCID) throws {
        let pins = try engine.containers(.label(Label.pinnedTo, vm))
        for pin in pins where !pin.isRunning {
            guard let container = try engine.container(pin.id), container.isIdlePin else {
                continue
            }
            try engine.startContainer(pin.id)
        }
    }

    /// Whether the disk's pin is started. Where nothing else starts with the volume, its limit hangs on that.
    func pinRuns(_ disk: DiskCID) throws -> Bool {
        guard configuration.pin == .never else { return true }
        return try self.disk(disk)?.isLimitedAtStart == true
    }

    /// Makes the disk's pin for a VM, which does not run yet. One that is the VM's already is left as it
    /// is; one of a VM that is gone makes way. Throws `CPIError` when another VM has it.
    func createPin(_ disk: DiskCID, _ vm: VMCID, runs: Bool) throws {
        var refusal: EngineError?
        let isMade = try wait(seconds: 10, every: 0.2) {
            do {
                try createPin(disk.pin, of: disk, vm.description, runs: runs)
            } catch let error as EngineError where error.isNameTaken {
                // Another machine may be removing it just now, which takes Docker a moment.
                refusal = error
                guard let holder = try engine.container(disk.pin), holder.status != "removing"
                else { return false }
                guard holder.isPin else { throw error }
                guard !holder.isPin(of: vm) else { return true }
                guard try isAbandoned(holder) else { throw pinnedToAnotherVM(disk, holder) }
                try removeContainer(holder.id, .pin)
                return false
            }
            return true
        }
        guard !isMade else { return }
        throw CPIError.cloud(
            "container \(disk.pin) cannot be made for 10 s: \(refusal?.description ?? "it is being removed")"
        )
    }

    /// Makes the container that keeps a disk or a snapshot from being pruned, and starts it.
    func createKeeper(_ volume: some VolumeCID) throws {
        do {
            try createPin(volume.keeper, of: volume, "", runs: true)
        } catch let error as EngineError where error.isNameTaken {
            guard try engine.container(volume.keeper)?.isPin == true else { throw error }
        }
        try engine.startContainer(volume.keeper)
    }

    /// Whether nothing is left of the VM that a pin names: nobody has the disk then.
    func isAbandoned(_ pin: Container) throws -> Bool {
        try pin.pinnedTo.map(isGone) ?? false
    }

    /// The image that pins run is made where it is missing: before the first pin, or after somebody has
    /// removed it.
    private func createPin(
        _ name: String, of volume: some VolumeCID, _ vm: String, runs: Bool
    ) throws {
        let spec = pinSpec(volume, vm, runs: runs)
        do {
            _ = try engine.createContainer(name, spec)
        } catch let error as EngineError where error.isNotFound {
            try importPinImage()
            _ = try engine.createContainer(name, spec)
        }
    }

    private func importPinImage() throws {
        let architecture = try engineInfo()["Architecture"].string ?? "x86_64"
        guard let archive = PinImage.archive(for: architecture) else {
            throw CPIError.cloud(
                "there is no program for pins on \(architecture); set attach to restart")
        }
        let reference = ImageReference.split(PinImage.name)
        try engine.importImage(
            archive, repository: reference.repository, tag: reference.tag, changes: [])
    }

    /// It can do nothing: one program without privileges, files or network. What it mounts it cannot
    /// write. Docker does not wait for it to stop.
    private func pinSpec(_ volume: some VolumeCID, _ vm: String, runs: Bool) -> JSON {
        [
            "Image": .string(PinImage.name), "Cmd": PinImage.command, "StopSignal": "SIGKILL",
            "Labels": JSON(
                Label.made([Label.pinnedTo: vm, Label.disk: volume.description], self)),
            "HostConfig": [
                "NetworkMode": "none", "ReadonlyRootfs": true, "CapDrop": ["ALL"],
                "SecurityOpt": ["no-new-privileges"], "LogConfig": ["Type": "none"],
                // A daemon that was killed takes what it finds running for stopped by hand; a pin that
                // stays down lets a prune take a disk which the VM, started again, has mounted.
                "RestartPolicy": ["Name": runs ? "always" : "no"],
                "Binds": [.string("\(volume):/disk:ro")],
            ],
        ]
    }

    private func pinnedToAnotherVM(_ disk: DiskCID, _ pin: Container) -> CPIError {
        let vm = pin.pinnedTo?.description ?? "unknown"
        return CPIError.cloud(
            "disk \(disk) is attached to VM \(vm): container \(pin.name) says so; "
                + "next: detach it there, or delete that VM if nobody knows it (bosh delete-vm \(vm))"
        )
    }
}

extension Container {
    /// A pin or a keeper, by its label: neither holds anything of its own.
    var isPin: Bool { labels[Label.pinnedTo] != nil }

    /// The VM that a pin names; nil for a keeper, and for any other container.
    var pinnedTo: VMCID? {
        guard let vm = labels.label(Label.pinnedTo) else { return nil }
        return VMCID(vm)
    }

    func isPin(of vm: VMCID) -> Bool { pinnedTo == vm }

    /// A pin that is to run and does not.
    var isIdlePin: Bool { isPin && !isRunning && restartPolicy != "no" }
}
