import Engine

/// Each of these can be taken back, and repeated.
extension Step {
    /// Docker makes a name once: who else attaches the disk is refused here, on any machine.
    static func pin(_ plan: LiveChange) -> Step {
        Step(
            name: "pin disk \(plan.disk) to \(plan.vm)",
            do: { try $0.createPin(plan.disk, plan.vm, runs: plan.pinRuns) },
            check: { world in
                try world.requireNotMadeAnew(plan.disk, for: try world.pin(of: plan.disk)) {
                    try world.removeMadePin(plan)
                }
                try world.requireSoleHolder(of: plan.disk, plan.vm)
            },
            verify: { try $0.pin(of: plan.disk)?.isPin(of: plan.vm) == true },
            undo: .by { try $0.removeMadePin(plan) })
    }

    static func mountLive(_ plan: LiveChange) -> Step {
        Step(
            name: "mount disk \(plan.disk) in \(plan.vm)", touchesOthers: true,
            do: { world in
                try world.mountLive(plan)
                // Where no later step does: see `startPin`.
                if !plan.pinRuns { _ = try world.ownPin(plan) }
            },
            verify: { try LiveState(plan, $0).isThere },
            undo: plan.wasListed ? .stays : .by { try $0.unmountLive(plan) })
    }

    /// From here on no prune takes it.
    static func startPin(_ plan: LiveChange) -> Step {
        Step(
            name: "start container \(plan.disk.pin)",
            do: { try $0.startPin(plan) },
            verify: { world in
                let pin = try world.pin(of: plan.disk)
                return pin?.isPin(of: plan.vm) == true && pin?.isRunning == true
            },
            undo: .withAnother)  // of the pin
    }

    static func unmountLive(_ plan: LiveChange) -> Step {
        Step(
            name: "unmount disk \(plan.disk) in \(plan.vm)", touchesOthers: true,
            do: { try $0.unmountLive(plan) },
            verify: { world in
                let state = try LiveState(plan, world)
                return !state.isListed && !state.isMounted
            },
            undo: .by { world in
                // Another machine may have detached it as well, and removed the pin; it may be attached to
                // another VM by now.
                if plan.wasPinned {
                    try world.pinAgain(plan)
                } else {
                    try world.requireNotWithAnotherVM(plan)
                }
                try world.mountLive(plan)
            })
    }

    static func unpin(_ plan: LiveChange) -> Step {
        Step(
            name: "remove container \(plan.disk.pin)",
            do: { world in
                guard let pin = try world.pin(of: plan.disk), pin.isPin(of: plan.vm) else { return }
                try world.removeContainer(pin.id, .pin)
            },
            check: { try $0.requireNotAttachedAgain(plan) },
            verify: { try $0.pin(of: plan.disk)?.isPin(of: plan.vm) != true },
            undo: .by { if plan.wasPinned { try $0.pinAgain(plan) } })
    }

    /// Removes a pin or a keeper, known by its id.
    static func removePin(_ id: String, called name: String) -> Step {
        Step(
            name: "remove container \(name)", removes: .container(name),
            do: { try $0.removeContainer(id, .pin) },
            verify: { try $0.engine.container(id) == nil },
            undo: .impossible)
    }

    /// A disk that no VM has is safe from prunes as well. It stays whatever becomes of the operation. `mayBeGone`: of a
    /// disk that somebody has removed while it was detached there is nothing to be kept.
    static func keep(_ disk: DiskCID, mayBeGone: Bool = false) -> Step {
        func isGone(_ world: World) throws -> Bool {
            try mayBeGone && world.engine.volume(disk.description) == nil
        }
        return Step(
            name: "start container \(disk.keeper)",
            do: { if try !isGone($0) { try $0.createKeeper(disk) } },
            check: { if try !isGone($0) { try $0.requireKept(disk) } },
            verify: {
                try isGone($0) || $0.engine.container(disk.keeper)?.isRunning == true
            },
            undo: .stays)
    }

    /// The same where the disk is to go out of a VM in any case: its driver may no more be able to mount it.
    static func keepIfPossible(_ disk: DiskCID) -> Step {
        let keep = keep(disk, mayBeGone: true)
        return Step(
            name: keep.name,
            do: { world in
                do {
                    try keep.do(world)
                } catch let error as EngineError where error.isDockersAnswer {
                    world.warn("nothing keeps prunes from disk \(disk): \(error)")
                }
            },
            check: keep.check, verify: keep.verify, undo: keep.undo)
    }
}

extension World {
    /// A prune may have taken the disk a moment before its keeper was made.
    fileprivate func requireKept(_ disk: DiskCID) throws {
        try requireNotMadeAnew(disk, for: try engine.container(disk.keeper)) {
            guard let keeper = try engine.container(disk.keeper), keeper.isPin else { return }
            try removeContainer(keeper.id, .pin)
        }
    }

    /// In a VM that is stopped the list alone says that the disk is attached.
    fileprivate func mountLive(_ plan: LiveChange) throws {
        guard let container = try container(of: plan) else { throw CPIError.vmNotFound(plan.vm) }
        if !container.isRunning {
            try engine.writeFile(container.id, path: LiveScript.entry(plan.disk), content: [])
            guard try isStartedSince(container) else { return }
        }
        do {
            try runLive(.attach, plan, in: container.id)
        } catch let error as CPIError {
            throw CPIError.cloud(
                "disk \(plan.disk) could not be mounted in VM \(plan.vm): \(error.message)"
            )
        }
    }

    /// Of a VM that is gone, nothing is left to be unmounted.
    fileprivate func unmountLive(_ plan: LiveChange) throws {
        guard let container = try container(of: plan) else { return }
        if !container.isRunning {
            if try isListed(plan.disk, in: container.id) {
                try takeFromList(plan.disk, in: container.id)
            }
            guard try isStartedSince(container) else { return }
        }
        do {
            try runLive(.detach, plan, in: container.id)
        } catch let error as CPIError {
            throw CPIError.cloud(
                "disk \(plan.disk) cannot be taken out of VM \(plan.vm): \(error.message)")
        }
    }

    /// Whether a container that was stopped runs by now: somebody may have started it before its list was
    /// changed. Docker does not write into a container while it starts one, so a later start reads the
    /// changed list.
    private func isStartedSince(_ container: Container) throws -> Bool {
        try engine.container(container.id)?.isRunning == true
    }

    /// Another machine that detached the disk at the same time may have removed the pin, or be at it (a
    /// conflict then): it is made again where the disk is still attached. Throws `CPIError` where it is not,
    /// and where another VM has got the disk.
    fileprivate func startPin(_ plan: LiveChange) throws {
        var isDisturbed = false
        let isUp = try wait(seconds: 2, every: 0.1) {
            do {
                // By its id: the name may be another VM's pin by now.
                if let pin = try ownPin(plan) {
                    try engine.startContainer(pin.id)
                } else {
                    isDisturbed = true
                    try pinAgain(plan)
                }
                return true
            } catch let error as EngineError where error.isNotFound || error.isConflict {
                isDisturbed = true
                return false
            }
        }
        guard try isUp && (!isDisturbed || LiveState(plan, self).isListed) else {
            throw CPIError.cloud(
                "disk \(plan.disk) was detached from VM \(plan.vm) at the same time")
        }
    }

    /// The disk's pin; nil when there is none. Throws `CPIError` when it is another VM's.
    fileprivate func ownPin(_ plan: LiveChange) throws -> Container? {
        guard let pin = try pin(of: plan.disk) else { return nil }
        guard pin.isPin(of: plan.vm) else {
            throw CPIError.cloud(
                "disk \(plan.disk) was detached from VM \(plan.vm) and attached to another VM "
                    + "at the same time")
        }
        return pin
    }

    /// Makes a pin that is missing, which runs if it is to run. Throws `CPIError` where another VM has the
    /// disk by now.
    fileprivate func pinAgain(_ plan: LiveChange) throws {
        try createPin(plan.disk, plan.vm, runs: plan.pinRuns)
        try requireNotMadeAnew(plan.disk, for: try pin(of: plan.disk)) { try removeMadePin(plan) }
        do {
            try requireNotWithAnotherVM(plan)
        } catch {
            try removeMadePin(plan)
            throw error
        }
        if plan.pinRuns { try engine.startContainer(plan.disk.pin) }
    }

    fileprivate func requireNotWithAnotherVM(_ plan: LiveChange) throws {
        guard let other = try anotherVM(with: plan) else { return }
        throw CPIError.cloud("disk \(plan.disk) is attached to VM \(other) by now")
    }

    /// Another machine may have attached the disk between the unmount and the end of the pin, for locks do
    /// not reach so far: the pin was its own as well. It gets one again. Throws `CPIError`.
    fileprivate func requireNotAttachedAgain(_ plan: LiveChange) throws {
        let container = plan.container.isEmpty ? plan.vm.description : plan.container
        guard try isListed(plan.disk, in: container) else { return }
        try pinAgain(plan)
        throw CPIError.cloud(
            "disk \(plan.disk) was attached to VM \(plan.vm) again at the same time")
    }

    fileprivate func removeMadePin(_ plan: LiveChange) throws {
        guard let pin = try pin(of: plan.disk), made(pin.labels) else { return }
        try removeContainer(pin.id, .pin)
    }
}
