import Engine
import Journal

/// Operations as Docker's names, labels and marks tell of them: recovery without a journal.
struct Traces {
    let world: World

    /// All operations that left something incomplete or half replaced, whoever began them.
    func all() throws -> [OpenOperation] {
        let marks = try world.engine.volumes(.label(Label.plan)).compactMap(Traces.trace)
        let copies = try copies().filter { copy in !marks.contains { $0.id == copy.id } }
        return
            (marks + copies + (try remnants(beside: marks)) + (try halfAttached())
            + (try incompleteVMs())
            + (try incompleteStemcells()))
            .sorted { $0.id < $1.id }
    }

    /// Those that nobody is at work on here, and that are wanted. One that has ended well between two looks is none of
    /// them: it is looked for twice.
    func unowned(_ isWanted: (OpenOperation) throws -> Bool = { _ in true }) throws
        -> [OpenOperation]
    {
        func look() throws -> [OpenOperation] {
            try all().filter { try !world.locks.isOwned($0.id) && isWanted($0) }
        }
        let first = try Set(look().map(\.id))
        return try first.isEmpty ? [] : look().filter { first.contains($0.id) }
    }

    /// attach_disk or detach_disk whose mark is gone as well: a replacement that has not yet taken
    /// over says whom it replaces, and not what for. It can only be taken back.
    private func remnants(beside marks: [OpenOperation]) throws -> [OpenOperation] {
        try world.engine.containers(.label(Label.replaces)).compactMap { container in
            guard let id = container.labels[Label.operation],
                let old = container.labels[Label.replaces],
                let vm = container.vm,
                container.names.contains(vm.replacement),
                !marks.contains(where: { $0.id == id })
            else { return nil }
            var plan = Remount(
                change: .remnant, method: AttachDisk.name, operation: id, vm: vm,
                disk: DiskCID("unknown"), old: old)
            if let origin = try world.engine.image(plan.image).flatMap(Blueprint.container) {
                plan.restartPolicy = .init(
                    name: origin.restartPolicy, retries: origin.restartRetries)
                plan.suspendsRestarts = !["", "no"].contains(origin.restartPolicy)
            }
            return try Traces.trace(
                id, AttachDisk.self, .remount(plan), [vm.subject], container.labels)
        }
    }

    /// attach_disk or detach_disk without a restart: a disk that is pinned to a VM which has it not, or
    /// not as it should. An attach that was not finished is what both look like.
    private func halfAttached() throws -> [OpenOperation] {
        try world.engine.containers(.label(Label.pinnedTo)).compactMap { container in
            let name = container.name
            return try world.orLeftOut("container \(name)") { try halfAttached(container) }
        }
    }

    private func halfAttached(_ container: ContainerSummary) throws -> OpenOperation? {
        // A keeper has the label, and names no VM.
        guard let id = container.labels[Label.operation],
            container.labels.label(Label.pinnedTo) != nil,
            let disk = container.labels[Label.disk].map({ DiskCID($0) }),
            let pin = try world.pin(of: disk), let vm = pin.pinnedTo
        else { return nil }
        let plan = LiveChange(
            change: .attach, operation: id, vm: vm, disk: disk,
            pinRuns: pin.restartPolicy != "no")
        let state: LiveState
        do { state = try LiveState(plan, world) } catch is CannotLook { return nil }
        guard state.vm != .absent,
            LiveTable.action(plan, state, .init(rule: .replacement)) != LiveTable.attached
        else { return nil }
        var trace = try Traces.trace(
            id, AttachDisk.self, .live(plan), [vm.subject, disk.subject], container.labels)
        if state.isThere, state.pin == .stopped {
            trace.damage = "\(disk.pin) does not run, and VM \(vm) has the disk"
        }
        return trace
    }

    /// create_vm: a container under its incomplete name. A volume without any container is no such
    /// trace: it may be all that is left of a VM that somebody removed by hand.
    func incompleteVMs() throws -> [OpenOperation] {
        let found = try world.engine.containers([
            "name": [VMCID.incompletePattern], "label": [Label.vm],
        ])
        guard !found.isEmpty else { return [] }
        let networks = try world.engine.networks()
        return try found.compactMap { container in
            guard let id = container.labels[Label.operation],
                let vm = container.vm,
                container.names.contains(vm.incomplete), try !wasComplete(container, vm)
            else { return nil }
            // Another call may have finished it, or undone it, since.
            guard let now = try world.listed(container) else { return nil }
            let volumes = now.mounts.filter {
                vm.role(of: $0.name) == .furtherVolume
            }
            let plan = CreateVM.Plan(
                vm: vm, agent: container.labels[Label.agent] ?? "",
                stemcell: StemcellCID("unknown:latest"),
                networks: networks.filter { $0.labels[Label.operation] == id }.map {
                    NetworkPlan(name: $0.name, isMissing: true, driver: $0.driver, mac: "")
                }, disks: [], furtherNetworks: [],
                furtherVolumes: volumes.sorted { $0.name < $1.name }.map(\.destination))
            return try Traces.trace(id, CreateVM.self, plan, [vm.subject], container.labels)
        }
    }

    /// Somebody may give a VM this name: one that was replaced, or that was given a disk, had its own.
    private func wasComplete(_ container: ContainerSummary, _ vm: VMCID) throws -> Bool {
        try container.labels.label(Label.replaces) != nil || !world.pins(of: vm).isEmpty
    }

    /// create_stemcell: an image that still has its incomplete name, or the container that a
    /// stemcell is committed from. An image that was pulled and nothing more tells of nobody.
    private func incompleteStemcells() throws -> [OpenOperation] {
        let bases = try world.engine.containers(.label(Label.plan)).compactMap(basis)
        let images = try world.engine.imageTags(.label(Label.stemcell)).compactMap(unnamed)
        return bases + images.filter { image in !bases.contains { $0.id == image.id } }
    }

    private func unnamed(_ tag: String) throws -> OpenOperation? {
        guard let stemcell = StemcellCID.ofIncomplete(tag),
            let labels = try world.engine.image(tag)?.labels,
            labels[Label.stemcell] == stemcell.description, let id = labels[Label.operation]
        else { return nil }
        let plan = CreateStemcell.Plan(stemcell: stemcell, labels: [:])
        return try Traces.trace(id, CreateStemcell.self, plan, [stemcell.subject], labels)
    }

    private func basis(_ container: ContainerSummary) -> OpenOperation? {
        let labels = container.labels
        guard let id = labels[Label.operation], let plan = labels[Label.plan],
            let stemcell = labels[Label.stemcell].map({ StemcellCID($0) }),
            container.names.contains(stemcell.base)
        else { return nil }
        return Traces.trace(id, CreateStemcell.name, plan, [stemcell.subject], labels)
    }

    /// From the mark that an operation has left on a VM: it holds the whole plan. Nil for a volume
    /// that is no mark.
    static func trace(mark volume: Volume) -> OpenOperation? {
        let labels = volume.labels
        guard let id = labels[Label.operation], let method = labels[Label.method],
            let plan = labels[Label.plan], let vm = labels[Label.vm]
        else { return nil }
        let operation = Operation(
            unrecorded: id, method: method, plan: plan,
            step: Step.mark(VMCID(vm), method, plan).name,
            director: labels[Label.director])
        let further =
            operation.copySubjects
            ?? [operation.diskChange?.disk.subject].compactMap(\.self)
        return OpenOperation(
            operation: operation,
            subjects: [VMCID(vm).subject] + further.filter { $0 != VMCID(vm).subject },
            place: Place(labels), since: labels[Label.createdAt] ?? "")
    }

    /// snapshot_disk, or create_disk from a snapshot: a container that copies and is still there. It has
    /// the plan.
    func copies() throws -> [OpenOperation] {
        try world.engine.containers(.label(Label.copyOf)).compactMap(Traces.copy)
    }

    /// The copy that a container is at; nil for a container that copies nothing for us.
    static func copy(_ container: ContainerSummary) -> OpenOperation? {
        let labels = container.labels
        guard labels[Label.copyOf] != nil, let id = labels[Label.operation],
            let plan = labels[Label.plan], let method = labels[Label.method]
        else { return nil }
        let found = trace(id, method, plan, [], labels)
        guard let subjects = found.operation.copySubjects else { return nil }
        return trace(id, method, plan, subjects, labels)
    }

    private static func trace<M: Mutation>(
        _ id: String, _ type: M.Type, _ plan: M.Plan, _ subjects: [Subject],
        _ labels: [String: String]
    ) throws -> OpenOperation {
        trace(id, M.name, try JSON(encoding: plan).text, subjects, labels)
    }

    private static func trace(
        _ id: String, _ method: String, _ plan: String, _ subjects: [Subject],
        _ labels: [String: String]
    ) -> OpenOperation {
        OpenOperation(
            operation: Operation(
                unrecorded: id, method: method, plan: plan, step: "seen in Docker",
                director: labels[Label.director]),
            subjects: subjects, place: Place(labels), since: labels[Label.createdAt] ?? "")
    }
}

extension Operation {
    /// What a copy is about, as its plan says; nil for any other operation.
    fileprivate var copySubjects: [Subject]? {
        switch method {
        case SnapshotDisk.name:
            plan(of: SnapshotDisk.self).map { [$0.disk.subject] + SnapshotDisk.subjects(of: $0) }
        case CreateDisk.name:
            plan(of: CreateDisk.self).map {
                CreateDisk.subjects(of: $0) + [$0.snapshot?.subject].compactMap(\.self)
            }
        default: nil
        }
    }
}
