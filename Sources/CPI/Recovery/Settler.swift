import Engine
import Journal

/// The one place where operations whose process died are settled, whoever asks: the next call on the
/// same VM or disk, `cpi-admin recover` with or without a journal, a delete that closes what was open.
///
/// find what is dead → lock all that it is about → look again → count the attempt → do it → record it
///
/// What it is made of, in the order to be read: `Search` finds, by the journal (`OpenOperation`) and by what Docker shows
/// (`Traces`); `Settlement` settles one. For that it looks (`Situation`), and asks `RecoveryTable` by the method's
/// `RecoveryRule` and by who asks (`Asker`): an `Action` is the answer.
struct Settler {
    /// After so many attempts an operation is left to a person, and blocks nobody else.
    static let maximalAttempts = 5

    let world: World
    /// The method of the call that settles; nil where an operator has asked for it, and
    /// where a deletion closes what was open about what it deletes.
    var caller: String?

    /// Settles what `find` finds, oldest first, and puts the VMs' old containers in order. The locks
    /// grow to all that is found; then it is looked for again. Throws `CPIError` when one cannot be
    /// settled: nothing new may be done on top of it.
    ///
    /// `subjects` are what a director's call names: a VM or disk that it has the CID of is not one
    /// whose answer was lost.
    func settle(
        knownTo subjects: [Subject], under locks: LockSet,
        _ find: (Search) throws -> [OpenOperation]
    ) throws {
        while true {
            let search = Search(world: world)
            let found = try find(search)
            let vms = try search.vms(of: subjects)
            let needed = found.flatMap(\.subjects) + vms.map(\.subject)
            guard try !locks.cover(needed) else { continue }
            for one in found { try settleForCall(one, subjects) }
            for vm in vms where !isDeleted(vm, subjects) {
                try OldContainers(world: world).tidy(vm, freeing: freed(from: vm, subjects))
            }
            return
        }
    }

    /// The disk that goes to another VM: the director has detached it from this one.
    private func freed(from vm: VMCID, _ subjects: [Subject]) -> DiskCID? {
        guard caller == AttachDisk.name, !subjects.contains(vm.subject) else { return nil }
        return subjects.first { $0.kind == .disk }.map { DiskCID($0.cid) }
    }

    /// By this call: it takes all containers of the VM along, in whatever order they are, also one that Docker cannot
    /// describe.
    private func isDeleted(_ vm: VMCID, _ subjects: [Subject]) -> Bool {
        caller.flatMap { Methods.mutation($0)?.deletes } == true && subjects.contains(vm.subject)
    }

    /// Settles one operation for an operator, under the locks of all that it is about. Returns what
    /// was done; nil when it was settled in the meantime. What Docker alone tells of is looked for
    /// again under the locks: a call may have settled it and have done more since.
    func settle(_ one: OpenOperation, wish: Operation.Direction?) throws -> Settlement.Result? {
        let locks = LockSet(world.locks, seconds: 5, for: one.id)
        defer { locks.release() }
        try locks.cover(one.subjects)
        if !one.operation.isRecorded {
            guard try Traces(world: world).all().contains(where: one.isSame(as:)) else {
                return nil
            }
        }
        if let vm = one.operation.diskChange?.vm {
            try Search(world: world).requireNothingOnAnotherMachine(vm, but: one.id)
        }
        return try run(one, for: .person(wish: wish))
    }

    /// What would be done about an operation. Changes nothing.
    func action(for one: OpenOperation, wish: Operation.Direction?) throws -> Action {
        try Settlement(one, for: .person(wish: wish), world).action()
    }

    /// After something was deleted: what was left open or parked about it is over. It may be about a VM that is there
    /// still, and that somebody is at work on: then it stays open, and that is logged, as all that cannot be closed.
    func closeGone(_ subjects: [Subject]) {
        for one in Search(world: world).openAbout(subjects)
        where !outlives(one, subjects) && !one.isParkedByOperator {
            let locks = LockSet(world.locks, seconds: 0, for: one.id)
            defer { locks.release() }
            do {
                try locks.cover(one.subjects.filter { !world.locks.held.contains($0) })
                _ = try run(one, for: .deletion(of: subjects))
            } catch {
                world.logger.warning("\(one.title) stays open: \(error)")
            }
        }
    }

    /// What it makes may be there when what it was made of or for is gone: who never had its CID may look
    /// for it still.
    private func outlives(_ one: OpenOperation, _ deleted: [Subject]) -> Bool {
        one.made.map { !deleted.contains($0) } ?? false
    }

    /// An operation that cannot be settled stops the call.
    private func settleForCall(_ one: OpenOperation, _ subjects: [Subject]) throws {
        world.logger.info("settling \(one.title), which was interrupted")
        do {
            guard let result = try run(one, for: asker(of: one), knownTo: subjects) else { return }
            if result.action.finishes { world.finished.append(one) }
            let isUntold = one.operation.isRecorded && world.recorder.store.journal == nil
            world.warn(
                "\(one.title) was interrupted: \(result.words)"
                    + (isUntold
                        ? "; that could not be recorded: it is open still" : ""))
        } catch  where one.operation.method == CreateStemcell.name {
            // It is in the way of no call: another upload may be settling it right now.
            world.logger.warning(
                "\(one.title) stays open: \((error as? StepFailure)?.cause ?? error)")
        } catch let failure as StepFailure {
            throw blocked(one, "\(failure.step): \(failure.cause)")
        }
    }

    /// Nil when there is nothing to do: it has an outcome by now. Throws `CPIError` when somebody is at work on it, or
    /// may be.
    private func run(
        _ one: OpenOperation, for asker: Asker, knownTo subjects: [Subject] = []
    ) throws -> Settlement.Result? {
        try finishDeletion(of: one, for: asker)
        let hasDied = world.locks.hasDied(one.id)
        let owner = try world.locks.own(one.id)
        var isSettled = false
        // Who asks later whether its answer can have arrived sees that it died.
        defer { if hasDied, !isSettled { owner.leave() } else { owner.end() } }
        guard !owner.isMissing else {
            throw blocked(one, "no lock can be had, so its owner may be alive")
        }
        guard let now = try lookAgain(one) else { return nil }
        let operation = now.operation
        let settlement = Settlement(now, for: asker, world)
        guard operation.attempts < Settler.maximalAttempts || operation.state == .parked else {
            let why = "recovery was begun \(operation.attempts) times, and did not come to its end"
            settlement.giveUp(why)
            throw blocked(one, why)
        }
        let result = try settlement.run(knownTo: subjects)
        isSettled = !result.action.isForPerson
        return result
    }

    private func asker(of one: OpenOperation) -> Asker {
        guard let caller else { return .person(wish: nil) }
        return .laterCall(isOfSameMethod: caller == one.operation.method)
    }

    /// A VM or disk whose deletion has begun is not brought back by what was open about it before: a call
    /// finishes the deletion first, which closes that. An operator is told of it, who was shown something else.
    private func finishDeletion(of one: OpenOperation, for asker: Asker) throws {
        for deletion in deletions(before: one) {
            if case .person = asker {
                throw blocked(one, "\(deletion.title) has begun on it", deletion)
            }
            let result = try run(
                deletion, for: self.asker(of: deletion), knownTo: deletion.subjects)
            if result?.action.finishes == true { world.finished.append(deletion) }
        }
    }

    /// The deletions that have begun of what an attach_disk or detach_disk is about, and that nobody is at work
    /// on: they are settled first.
    func deletions(before one: OpenOperation) -> [OpenOperation] {
        guard one.operation.diskChange != nil else { return [] }
        return Search(world: world).openAbout(one.subjects).filter { other in
            Methods.mutation(other.operation.method)?.deletes == true
                && other.operation.state == .running && other.operation.step != nil
                && !world.locks.isOwned(other.id)
        }
    }

    /// Somebody may have settled it between the search and the locks.
    private func lookAgain(_ one: OpenOperation) throws -> OpenOperation? {
        guard one.operation.isRecorded else {
            world.recorder.adopt(
                one.operation, one.subjects, place: one.place,
                daemon: RecordedOwner.daemon(try world.daemonID(), world.engine.address))
            return one
        }
        let recorded = world.recorder.store.read { journal in
            try journal.find(one.id).map { try OpenOperation($0, in: journal) }
        }
        let now = recorded ?? one
        return now.operation.state.isOpen ? now : nil
    }

    /// `first`: what is to be settled before it.
    private func blocked(
        _ one: OpenOperation, _ why: String, _ first: OpenOperation? = nil
    ) -> CPIError {
        let first = first ?? one
        let command = world.recovery(of: first.id)
        return CPIError.cloud(
            "\(one.title) was interrupted and cannot be settled: \(why); next: \(command)")
    }
}
