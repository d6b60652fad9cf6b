import Engine
import Journal

@testable import CPI
@testable import Support

/// What can be seen of a container.
struct Look: Equatable {
    let name: String
    let status: String
    let mounts: [String]
    let policy: JSON

    init(_ container: FakeDocker.State.Container) {
        name = container.name
        status = container.status
        mounts =
            container.mounts.map { "\($0.source) \($0.destination) \($0.isWritable)" }.sorted()
            + container.liveDisks
        let policy = container.hostConfig["RestartPolicy"]
        self.policy = [
            "Name": policy["Name"], "Count": .integer(Int64(policy["MaximumRetryCount"].int ?? 0)),
        ]
    }
}

/// Sentences of answers and of the journal, held against the world.
extension Witness {
    func check(_ text: String) {
        let text = text.lowercased()
        if text.contains("everything is as it was before") || text.contains("nothing was changed") {
            requireUnchanged()
        }
        checkCopies(text)
    }

    /// The sentence that is true of any moment.
    func checkCopies(_ text: String) {
        guard text.lowercased().contains("all copies") else { return }
        for vm in Set(
            before.keys.compactMap { scene.docker.state.container($0)?.vm })
        where !scene.docker.containers(of: vm).isEmpty || !scene.docker.images(of: vm).isEmpty {
            note("\"all copies\" are said to be gone, and one is there")
        }
        if !scene.vm.isEmpty, !scene.docker.images(of: scene.vm).isEmpty {
            note("\"all copies\" are said to be gone, and an image is there")
        }
    }

    /// As it was before the call; what somebody else did to it is theirs. What they did before the
    /// call had changed anything is "before" as well.
    func requireUnchanged() {
        for (id, old) in before {
            let theirs = isLate && act?.isOfCPI != true ? nil : afterwards[id]
            guard let container = scene.docker.state.container(id) else {
                let wentBefore = act.map { $0.isOfCPI || !isLate } == true && afterwards[id] == nil
                if !wentBefore { note("\"as before\" is said, and the container is gone") }
                continue
            }
            let now = Look(container)
            if ![old.name, theirs?.name, Act.handName].contains(now.name) {
                note("\"as before\" is said, and the container's name is \(role(container))")
            }
            let touched = touches(id) ? afterwards[id]?.status : theirs?.status
            if ![old.status, touched].contains(now.status), !(act?.changesStatus ?? false) {
                note("\"as before\" is said, and the container is \(now.status)")
            }
            // Who takes a disk off the VM's list does so at any moment.
            let unlisted = act == .unlistDisk ? afterwards[id]?.mounts : nil
            if ![old.mounts, theirs?.mounts, unlisted].contains(now.mounts) {
                note("\"as before\" is said, and the mounts differ")
            }
            if ![old.policy, theirs?.policy].contains(now.policy) {
                note("\"as before\" is said, and the restart policy is \(now.policy["Name"].text)")
            }
        }
        let made = scene.docker.state.containers.filter {
            before[$0.id] == nil && !$0.vm.isEmpty
        }
        if !made.isEmpty, act?.isOfCPI != true {
            note("\"as before\" is said, and there is \(made.map { role($0) })")
        }
    }

    private func touches(_ id: String) -> Bool {
        afterwards[id] != nil && afterwards[id]?.status != before[id]?.status
            && act?.changesStatus == true
    }

    /// What a success says of the disk.
    func checkSuccess() {
        guard act?.isOfCPI != true, act != .unlistDisk, !scene.vm.isEmpty,
            ["attach_disk", "detach_disk"].contains(method)
        else { return }
        // What somebody has removed since is not the call's to know.
        guard !scene.docker.containers(of: scene.vm).isEmpty else { return }
        let holders = scene.docker.containers(of: scene.vm).filter {
            [scene.vm, Act.handName].contains($0.name)
        }
        let isAttached = holders.contains { holder in
            holder.mounts.contains { $0.source == scene.disk }
                || holder.liveDisks.contains(scene.disk)
        }
        if isAttached != (method == "attach_disk") {
            note("\(method) is answered with success, and the disk is elsewhere")
        }
    }
}

extension Act {
    /// Whether it is somebody else's doing that the VM runs, or does not, or is paused.
    var changesStatus: Bool {
        switch self {
        case .stopVM, .killVM, .pauseVM, .pauseAndUnpauseVM, .unpauseVM, .startVM, .restartVM,
            .daemonRestart:
            true
        default: false
        }
    }
}

/// What journal and Docker say about a VM that needs somebody.
struct Spoken {
    private let isOpen: Bool
    private let orphans: [Orphan]
    private let vm: String

    init(_ scene: Scene, _ vm: String) throws {
        self.vm = vm
        let journal = try? scene.runner.journal()
        let open = try journal?.open().contains { operation in
            try operation.mutating
                && journal?.subjects(of: operation.id).contains { $0.cid == vm } == true
        }
        orphans = try scene.docker.apart { try scene.runner.orphans() }
        let mark = scene.docker.state.volumes["\(vm).op"]?.labels["io.bosh.cpi.operation"]
        isOpen = open == true || orphans.contains { $0.name == mark }
    }

    func isAbout(_ carriers: [Carrier]) -> Bool {
        isOpen
            || orphans.contains { orphan in
                carriers.contains { carrier in
                    carrier.names.contains {
                        $0 == orphan.name || orphan.reason.contains($0)
                            || orphan.command.contains($0)
                    }
                }
            }
    }

    /// Advice to remove the last copy of a VM.
    func dangers(isGone: Bool) -> [String] {
        guard isGone else { return [] }
        return orphans.filter { orphan in
            orphan.command.contains(/^docker .*\brm\b/) && orphan.name.hasPrefix(vm)
                && orphan.name != "\(vm).op"
        }.map { "orphans says to remove the last copy: \($0.kind)" }
    }
}
