import Engine

extension Step {
    /// Pauses the VM. The undo must come in any case: a VM that is paused answers nobody.
    ///
    /// One that somebody else has paused stays so. That, and that this operation's pause is over already, is told by the
    /// journal alone.
    ///
    /// A Docker that did not answer may pause it later, when this call is over. So undo does not call it
    /// done then: the operation stays open, and whoever comes next to the VM looks again.
    static func pause(_ user: SnapshotDisk.Plan.User, _ course: SnapshotCourse) -> Step {
        Step(
            name: "pause container \(user.vm)", isDestructive: true, touchesOthers: true,
            do: { try $0.pause(user, course) },
            verify: { try $0.engine.container(user.container)?.isPaused == true },
            undo: .by { world in
                guard !course.isTheirs, !world.recorder.remembers(.pauseIsTheirs),
                    !world.isUnpaused(user)
                else {
                    return
                }
                let wasPaused = try world.unpause(user.container)
                guard !wasPaused, course.mayStillPause else { return }
                throw CPIError.cloud(
                    "VM \(user.vm) is not paused now, but Docker may still pause it")
            })
    }

    /// Has the copier read the disk, and waits while the VM is paused; not for longer than it may be.
    static func copy(_ course: SnapshotCourse) -> Step {
        let (copier, user) = (course.plan.copier, course.plan.user)
        return Step(
            name: "copy volume \(copier.source) to \(copier.target)",
            do: { world in
                course.startedAt = world.clock.monotonic()
                try world.startCopying(copier)
                guard user?.pauses == true else { return }
                let limit = Double(world.configuration.snapshots.pauseLimit)
                course.isLate = try !copier.await(.copied, seconds: limit, world)
                course.copiedFor = world.clock.monotonic() - course.startedAt
            },
            verify: { try copier.has(.copied, $0) },
            undo: .withAnother)
    }

    static func unpause(_ user: SnapshotDisk.Plan.User, _ course: SnapshotCourse) -> Step {
        Step(
            name: "unpause container \(user.vm)", touchesOthers: true,
            do: { world in
                guard course.pausedAt != nil else { return }
                if try !world.unpause(user.container) { course.isTheirs = true }
                course.pausedFor = world.clock.monotonic() - (course.pausedAt ?? 0)
            },
            verify: { try $0.engine.container(user.container)?.isPaused != true },
            undo: .withAnother)
    }

    /// Waits for the copier's end: it has compared the copy with the disk by then.
    static func verifyCopy(_ course: SnapshotCourse) -> Step {
        let copier = course.plan.copier
        return Step(
            name: "verify volume \(copier.target)",
            do: { world in
                course.report = try copier.awaitReport(world)
                if course.copiedFor == 0 || course.isLate {
                    course.copiedFor = world.clock.monotonic() - course.startedAt
                }
            },
            verify: { try copier.has(.report, $0) },
            undo: .withAnother)
    }

    /// No prune takes it then. It goes with the snapshot.
    static func keep(_ snapshot: SnapshotCID) -> Step {
        Step(
            name: "start container \(snapshot.keeper)",
            do: { try $0.createKeeper(snapshot) },
            verify: { try $0.engine.container(snapshot.keeper)?.isRunning == true },
            undo: .by { world in
                guard let keeper = try world.engine.container(snapshot.keeper),
                    keeper.isPin, world.made(keeper.labels)
                else { return }
                try world.removeContainer(keeper.id, .pin)
            })
    }

    /// Says that the snapshot is whole, and how it was taken.
    static func record(_ course: SnapshotCourse, _ labels: [String: String]) -> Step {
        let name = course.plan.snapshot.record
        return Step(
            name: "create volume \(name)",
            do: { world in
                guard let report = course.report else {
                    throw CPIError.cloud("what was copied is known to the first process only")
                }
                let obstacle = try course.obstacle(world)
                var all = labels
                let otherwise = course.isBesideVM ? "beside the running VM" : "not of one moment"
                all[Label.moment] = obstacle.map { "\(otherwise): \($0)" } ?? "one moment"
                all[Label.entries] = String(report.entries)
                all[Label.bytes] = String(report.bytes)
                all[Label.pausedFor] = String((course.pausedFor ?? 0) / 1_000)
                world.say(course, report, obstacle)
                try world.createMadeVolume(name, labels: all)
            },
            check: { world in
                // A prune may have taken the copy before anything but the copier held it.
                let copy = course.plan.snapshot.description
                guard try world.madeVolume(copy) != nil else {
                    throw CPIError.cloud("volume \(copy) is gone")
                }
                // So may somebody have taken the disk: what was copied then is another volume of its name.
                _ = try world.requireDisk(course.plan.disk)
            },
            verify: { try $0.madeVolume(name) != nil },
            undo: .by { try $0.removeMadeVolume(name) })
    }
}

extension World {
    fileprivate func pause(_ user: SnapshotDisk.Plan.User, _ course: SnapshotCourse) throws {
        guard let container = try engine.container(user.container) else {
            throw CPIError.cloud("the container of VM \(user.vm) is gone")
        }
        guard container.isRunning, !container.isPaused else {
            course.isTheirs = true
            return recorder.remember(.pauseIsTheirs)
        }
        course.pausedAt = clock.monotonic()
        do {
            try engine.pauseContainer(user.container)
        } catch let error as EngineError where error.isStopped {
            // In this very moment somebody else has paused it, or it has ended.
            course.pausedAt = nil
            course.isTheirs = true
            recorder.remember(.pauseIsTheirs)
        } catch let error as EngineError where error.isOutcomeUnknown {
            course.mayStillPause = true
            throw error
        }
    }

    /// Returns false when it was not paused any more. A Docker that does not answer is asked again: what it
    /// has not answered may have been done, and then it was done here.
    fileprivate func unpause(_ container: String) throws -> Bool {
        var mayBeOurs = false
        return try persistently { world in
            guard try world.engine.container(container)?.isPaused == true else { return mayBeOurs }
            do {
                try world.engine.unpauseContainer(container)
            } catch let error as EngineError where error.isOutcomeUnknown && error.status == nil {
                mayBeOurs = true
                throw error
            } catch let error as EngineError where error.status != nil {
                guard try world.engine.container(container)?.isPaused == true else { return false }
                throw error
            }
            return true
        }
    }

    /// Whether this operation has unpaused the VM already: who pauses it since means it. The step after the
    /// unpausing tells, for one that was begun may never have reached Docker.
    fileprivate func isUnpaused(_ user: SnapshotDisk.Plan.User) -> Bool {
        recorder.hasBegun(Step.unmark(user.vm, isLast: false).name) == true
    }

    /// What it cost, for the journal; and a warning when it is not of one moment.
    fileprivate func say(_ course: SnapshotCourse, _ report: CopyReport, _ obstacle: String?) {
        let paused = course.pausedFor.map { "paused for \($0 / 1_000) ms" } ?? "not paused"
        note(
            "\(report.entries) entries, \(report.bytes) bytes, copied in \(course.copiedFor / 1_000) ms; "
                + "VM \(paused)")
        guard let obstacle else { return }
        warn(
            "snapshot \(course.plan.snapshot) "
                + (course.isBesideVM ? "was taken beside the running VM, and " : "")
                + "is not of one moment: \(obstacle)")
    }
}
