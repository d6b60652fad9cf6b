import Engine
import Journal

/// How a disk gets into a VM that runs, or out of it, without a restart: the plan of attach_disk and
/// detach_disk where nothing has to be replaced.
///
///     attach: pin the disk → list and mount it in the VM → start the pin
///     detach: unmount it in the VM and take it from the list → remove the pin
///
/// The list is in the VM's own layer: its entry script mounts what is on it at every start. The pin is a
/// container that has the disk among its mounts: Docker's own word for who has the disk, on any number
/// of machines, for there is one container of that name. Each step can be taken back and repeated:
/// nothing is stopped, and there are no two copies of anything.
struct LiveChange: Codable {
    /// Which way the disk goes. The words stand in plans: they tell these from plans of replacements.
    enum Change: String, Codable {
        case attach = "live attach"
        case detach = "live detach"
    }

    var change: Change
    var operation: String
    var vm: VMCID
    var disk: DiskCID
    /// The id of the VM's container; empty where it is not known.
    var container = ""
    /// The disk was on the VM's list before: taking it out again is not this operation's to do.
    var wasListed = false
    /// The disk had this VM's pin before.
    var wasPinned = false
    /// Whether the pin is started: one that never runs is what `container prune` removes.
    var pinRuns = true
    /// Whether a detached disk gets a container that keeps prunes away from it.
    var isKept = false
    /// The VM's agent reads its disks from its settings.
    var tellsSettings = false
    /// The VM ran before; nil where that is not known.
    var ran: Bool?

    var isAttach: Bool { change == .attach }

    var steps: [Step] {
        switch change {
        case .attach:
            [.pin(self)] + settings + [.mountLive(self)] + (pinRuns ? [.startPin(self)] : [])
        case .detach:
            [.unmountLive(self)] + settings + (isKept ? [.keep(disk, mayBeGone: true)] : []) + [
                .unpin(self)
            ]
        }
    }

    /// Before the mount: what is mounted and pinned is attached, whoever looks.
    private var settings: [Step] {
        tellsSettings ? [.tellSettings(vm, disk, isThere: isAttach)] : []
    }

    /// How things differ from what they were before, in words; empty when they are as they were.
    func differencesFromBefore(_ world: World) throws -> [String] {
        let now = try LiveState(self, world)
        var found = try world.disk(disk) == nil ? ["disk \(disk) is gone"] : []
        if now.vm == .absent { found.append("VM \(vm) is gone") }
        // Only what runs is attached to so.
        if now.vm == .stopped, isAttach || ran == true { found.append("VM \(vm) is not running") }
        let wasThere = isAttach ? wasListed : true
        if now.isListed != wasThere, now.vm != .absent {
            found.append("disk \(disk) is \(wasThere ? "not " : "")on the list of VM \(vm)")
        }
        if now.vm == .running, now.isMounted != wasThere {
            found.append("disk \(disk) is \(wasThere ? "not " : "")mounted in VM \(vm)")
        }
        if (now.pin != .absent) != wasPinned {
            found.append("container \(disk.pin) is \(wasPinned ? "gone" : "there")")
        }
        return found
    }
}

extension LiveChange {
    /// Why the disk cannot be mounted in the VM as it runs; nil when it can. The one place where the
    /// choice between the two ways is made: what says no is kept in the plan. Throws `EngineError`.
    static func obstacle(_ container: Container, _ volume: Volume, _ world: World) throws -> String?
    {
        if let why = try obstacle(container, world) ?? obstacle(volume) { return why }
        let own = container.mounts.last { $0.destination == VMPlace.data }
        guard let own,
            VolumeDirectory.parent(own.source) == VolumeDirectory.parent(volume.mountpoint)
        else {
            return "its volume is not beside the VM's own"
        }
        return nil
    }

    /// As far as the VM alone says: it knows whether it can, and is asked why it cannot. It is not paused.
    static func obstacle(_ container: Container, _ world: World) throws -> String? {
        guard world.configuration.attach == .auto else { return "attach is set to restart" }
        guard container.isRunning else { return "the VM does not run" }
        guard container.isPrivileged else { return "the VM is not privileged" }
        // Containers that have the disk, its pin among them, would be taken for processes that use it.
        guard container.json["HostConfig"]["PidMode"].string != "host" else {
            return "the VM sees the processes of the host"
        }
        // What a script that was killed has left there would act in the next VM.
        guard !container.mounts.contains(where: { $0.destination == "/dev" }) else {
            return "the VM has no /dev of its own"
        }
        let isAble = try world.engine.fileSize(container.id, path: LiveScript.list) != nil
        return isAble ? nil : try reason(container, world)
    }

    /// As far as the volume alone says.
    static func obstacle(_ volume: Volume) -> String? {
        // A quota is the directory's own, however it is mounted.
        guard volume.isLocal, volume.optionsBesideLimit.isEmpty else {
            return "its volume has a driver or options of its own"
        }
        return nil
    }

    /// Whether a VM that is yet to be made will be able to mount the disk while it runs. No more than a
    /// guess: the VM itself finds out when it starts.
    static func isExpected(of volume: Volume, isPrivileged: Bool, _ world: World) throws -> Bool {
        guard world.configuration.attach == .auto, isPrivileged, obstacle(volume) == nil else {
            return false
        }
        // Docker in Docker has its volumes where no device is.
        let fileSystem = DaemonKind.backingFileSystem(try world.engineInfo())
        return fileSystem.map { ["extfs", "xfs", "btrfs"].contains($0) } ?? true
    }

    /// The entry script has found that it cannot be done, or is one that does not know how.
    /// Nil when it can, and somebody has removed the directory that says so.
    private static func reason(_ container: Container, _ world: World) throws -> String? {
        guard container.knowsTheList else {
            return "the VM was made by another version, which cannot mount disks when it starts"
        }
        // 1: it says why not.
        let lines = try world.look(
            ["/bin/sh", "-c", LiveScript.probe], in: container.id, seconds: 30, mayEndWith: [0, 1])
        guard let lines else { return "the VM does not run" }
        guard !lines.isEmpty else { return nil }
        // It is kept in the plan.
        let words = ExecResult.words(lines.joined(separator: "\n"))
        return "the VM: " + world.recorder.store.redactor.clean(words)
    }
}

extension LiveChange {
    /// In the words of `Removals`.
    func removals(_ action: Action, _ world: World) throws -> [String] {
        guard let pin = try world.pin(of: disk) else { return [] }
        let goes =
            switch action {
            case .back: isAttach && world.made(pin.labels)
            case .forward: !isAttach && pin.isPin(of: vm)
            case .superseded, .close, .park: false
            }
        return goes ? ["container \(disk.pin)"] : []
    }
}

extension Container {
    var isPrivileged: Bool { json["HostConfig"]["Privileged"].bool ?? false }

    /// Whether its entry script mounts the disks of the list.
    var knowsTheList: Bool { runs(LiveScript.list) }
}
