import Engine
import Journal

/// Operations as Docker's names, labels and marks tell of them: recovery without a journal.
struct Traces {
    struct Trace {
        let operation: Operation
        let subjects: [Subject]
        /// RFC 3339; when its first trace was made.
        let since: String
        /// Where it was begun, as `Machine.here` says it.
        let host: String

        /// The locks of another machine cannot be seen here. What was begun there lately may live.
        func mayLiveElsewhere(at milliseconds: Int64) -> Bool {
            Machine.isAnother(host)
                && since > Timestamp.text(milliseconds - Int64(Traces.grace) * 1_000)
        }
    }

    /// Seconds after which what another machine has begun counts as dead.
    static let grace = 600

    let world: World

    /// All operations that left something unmade or half replaced, whoever began them.
    func all() throws -> [Trace] {
        let marks = try world.engine.volumes(["label": [Label.plan]]).compactMap { Trace(mark: $0) }
        return (marks + (try unmarked(marks)) + (try unmadeVMs()) + (try unmadeStemcells()))
            .sorted { $0.operation.id < $1.operation.id }
    }

    /// attach_disk or detach_disk whose mark is gone as well: a replacement that has not yet taken
    /// over says whom it replaces. It never ran under the VM's name, so it goes.
    private func unmarked(_ marks: [Trace]) throws -> [Trace] {
        try world.engine.containers(["label": [Label.replaces]]).compactMap { container in
            guard let id = container.labels[Label.operation],
                let old = container.labels[Label.replaces],
                let vm = container.labels[Label.vm].map({ VMCID($0) }),
                container.names.contains(vm.replacement),
                !marks.contains(where: { $0.operation.id == id })
            else { return nil }
            let plan = Remount(
                change: .replace, method: AttachDisk.name, operation: id, vm: vm,
                disk: DiskCID("unknown"), old: old)
            return try Trace(id, AttachDisk.self, plan, [vm.subject], container.labels)
        }
    }

    /// create_vm: a container under its unmade name. A volume without any container is no such
    /// trace: it may be all that is left of a VM that somebody removed by hand.
    func unmadeVMs() throws -> [Trace] {
        let networks = try world.engine.networks()
        return try world.engine.containers(["label": [Label.vm]]).compactMap { container in
            guard let id = container.labels[Label.operation],
                let vm = container.labels[Label.vm].map({ VMCID($0) }),
                container.names.contains(vm.unmade)
            else { return nil }
            let plan = CreateVM.Plan(
                vm: vm, agent: container.labels[Label.agent] ?? "",
                stemcell: StemcellCID("unknown:latest"),
                networks: networks.filter { $0.labels[Label.operation] == id }.map {
                    NetworkPlan(name: $0.name, isMissing: true, driver: $0.driver, mac: "")
                }, disks: [], furtherNetworks: [])
            return try Trace(id, CreateVM.self, plan, [vm.subject], container.labels)
        }
    }

    /// create_stemcell: an image that still has its unmade name.
    private func unmadeStemcells() throws -> [Trace] {
        let tags = try world.engine.imageTags(["label": [Label.stemcell]])
        return try tags.filter { $0.hasSuffix(".new") }.compactMap { tag in
            let cid = String(tag.dropLast(4))
            guard let labels = try world.engine.image(tag)?.labels,
                labels[Label.stemcell] == cid, let id = labels[Label.operation]
            else { return nil }
            let plan = CreateStemcell.Plan(stemcell: StemcellCID(cid))
            return try Trace(id, CreateStemcell.self, plan, [StemcellCID(cid).subject], labels)
        }
    }
}

extension Traces.Trace {
    /// From the mark that attach_disk and detach_disk leave on a VM: it holds the whole plan.
    init?(mark volume: Volume) {
        let labels = volume.labels
        guard let id = labels[Label.operation], let method = labels[Label.method],
            let plan = labels[Label.plan], let vm = labels[Label.vm]
        else { return nil }
        let disk = (try? JSON(parsing: plan.utf8))?["disk"].string
        operation = Operation(
            unrecorded: id, method: method, plan: plan, step: "mark \(vm)",
            director: labels[Label.director])
        subjects = [VMCID(vm).subject] + (disk.map { [DiskCID($0).subject] } ?? [])
        since = labels[Label.createdAt] ?? ""
        host = labels[Label.host] ?? ""
    }

    fileprivate init<M: Mutation>(
        _ id: String, _ type: M.Type, _ plan: M.Plan, _ subjects: [Subject],
        _ labels: [String: String]
    ) throws {
        operation = Operation(
            unrecorded: id, method: M.name, plan: try JSON(encoding: plan).text,
            step: "seen in Docker", director: labels[Label.director])
        self.subjects = subjects
        since = labels[Label.createdAt] ?? ""
        host = labels[Label.host] ?? ""
    }
}
