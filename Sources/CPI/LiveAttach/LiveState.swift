import Engine

/// What Docker and the VM show of a disk that is attached without a restart.
struct LiveState: Equatable {
    /// Of the VM's container; one that is paused cannot be looked into.
    enum VM { case absent, stopped, running }
    /// `idle`: it was never started. `stopped`: it has run, so the disk was attached.
    enum Pin { case absent, idle, stopped, running }

    var vm: VM
    /// The disk's pin, if it is this VM's.
    var pin: Pin
    /// The VM mounts it whenever it starts.
    var isListed = false
    /// It is mounted in the VM now.
    var isMounted = false
    /// The operation that has attached it to the VM last, as the VM says; nil where it does not.
    var attachedBy: String?
    /// Another VM has it by now: asked only when it is to be decided what becomes of the operation.
    var isWithAnotherVM = false

    /// Whether the VM has the disk as it should: on its list, and mounted if the VM runs.
    var isThere: Bool { isListed && (isMounted || vm == .stopped) }
}

extension LiveState {
    /// Looks. Throws `CannotLook` for a VM that is paused or starts no command, else `EngineError`.
    init(_ plan: LiveChange, _ world: World) throws {
        try self.init(plan.disk, of: plan.vm, in: world.container(of: plan), world)
    }

    /// Looks at any disk. `container`: the VM's, nil where it is gone.
    init(_ disk: DiskCID, of vm: VMCID, in container: Container?, _ world: World) throws {
        let pin = try world.pin(of: disk).flatMap { $0.isPin(of: vm) ? $0 : nil }
        self.init(vm: .absent, pin: pin.map(LiveState.pin) ?? .absent)
        guard let container else { return }
        guard !container.isPaused else { throw CannotLook.paused(vm) }
        guard container.isRunning, let report = try world.liveReport(disk, in: container.id) else {
            self.vm = .stopped
            isListed = try world.isListed(disk, in: container.id)
            return
        }
        self.vm = .running
        isListed = report.contains("listed")
        isMounted = report.contains("mounted")
        attachedBy =
            report.lazy.filter { $0.hasPrefix("by ") }.map { String($0.dropFirst(3)) }.first
    }
}

extension LiveState {
    private static func pin(_ container: Container) -> Pin {
        if container.isRunning { return .running }
        return container.wasStarted ? .stopped : .idle
    }
}

extension World {
    /// The VM's container; nil when the VM is gone. One that is just being renamed is found by its id.
    func container(of plan: LiveChange) throws -> Container? {
        if let container = try vm(plan.vm) { return container }
        return plan.container.isEmpty ? nil : try engine.container(plan.container)
    }

    /// Another VM that has the plan's disk; nil when there is none.
    func anotherVM(with plan: LiveChange) throws -> String? {
        try anotherVM(with: plan.disk, besides: plan.vm)
    }

    /// The name of another VM that has the disk; nil when there is none. A stranger's container, such as one that makes
    /// a backup, is no VM, and one that was replaced does not run.
    func anotherVM(with disk: DiskCID, besides vm: VMCID) throws -> String? {
        let others = try currentHolders(of: disk, besides: vm)
        if let other = others.first(where: { $0.vm != nil && !$0.isOld }) { return other.name }
        return try vmWithoutPin(disk, pin(of: disk), besides: vm)?.description
    }

    /// Whether the VM mounts the disk whenever it starts; it may be stopped. Throws `EngineError`.
    func isListed(_ disk: DiskCID, in container: String) throws -> Bool {
        try engine.fileSize(container, path: LiveScript.entry(disk)) == 0
    }

    /// The lines of `LiveScript.look`; nil when the container does not run.
    fileprivate func liveReport(_ disk: DiskCID, in container: String) throws -> [Substring]? {
        do {
            return try look(
                LiveScript.command(LiveScript.look, disk), in: container, seconds: 30)
        } catch let error as EngineError where error.isNotFound {
            return nil
        }
    }

    /// Sees to it that no script does anything any more which was sent for the operation before, in another
    /// process or in this one. A VM that is stopped has ended them all; one that is paused is left alone: it
    /// cannot be looked at either. Throws `CannotLook`, else `EngineError`.
    func endLateScripts(_ plan: LiveChange) throws {
        guard let container = try container(of: plan), container.isRunning, !container.isPaused
        else { return }
        let lines = try look(
            LiveScript.command(LiveScript.settle, plan.disk) + [plan.operation],
            in: container.id, seconds: configuration.timeouts.request)
        if let number = lines?.first.flatMap({ Int($0) }) { progress.scriptNumber = number }
    }

    /// Attaches or detaches the disk in the VM: what the plan is about, or what takes that back. Throws
    /// `CPIError` with the script's own words when it fails, else `EngineError`.
    func runLive(_ change: LiveChange.Change, _ plan: LiveChange, in container: String) throws {
        let script =
            switch change {
            case .attach: LiveScript.attach
            case .detach: LiveScript.detach
            }
        let mode: LiveScript.Mode = change == plan.change ? .do : .undo
        let result: ExecResult
        do {
            result = try engine.exec(
                container,
                LiveScript.command(script, plan.disk)
                    + [plan.operation, mode.rawValue, "\(progress.scriptNumber)"],
                seconds: configuration.timeouts.request)
        } catch let error as EngineError where error.isOutcomeUnknown {
            // Or what is seen next might not be all.
            try? endLateScripts(plan)
            throw error
        }
        guard result.exitCode != 0 else { return }
        let words = result.words
        throw CPIError.cloud(words.isEmpty ? "exit code \(result.exitCode)" : words)
    }
}

extension LiveScript {
    static func command(_ script: String, _ disk: DiskCID) -> [String] {
        ["/bin/sh", "-c", script, "docker_cpi", disk.description]
    }
}
