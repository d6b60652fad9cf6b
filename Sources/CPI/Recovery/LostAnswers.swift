import Engine
import Journal

/// What was made by calls that ended well and whose answer nobody has read: as far as the journal
/// tells, the director cannot know its CID.
struct LostAnswers {
    let world: World

    /// Those that are still there, and that no call has named since. Throws `EngineError`.
    func all() throws -> [Orphan] {
        let methods = [
            CreateVM.name, CreateDisk.name, SnapshotDisk.name, CreateStemcell.name,
            CreateNetwork.name,
        ]
        var filter = OperationFilter(methods: methods, states: [.done], limit: 1_000)
        filter.answerLost = true
        let lost = world.recorder.store.read { journal in
            try journal.operations(filter).compactMap { operation in
                try unnamed(operation, in: journal).map { (operation, $0) }
            }
        }
        return try (lost ?? []).compactMap { try orphan($0, $1) }
    }

    /// What it has made; nil when a later call is about that.
    private func unnamed(_ operation: Operation, in journal: Journal) throws -> Subject? {
        let kind: Subject.Kind =
            Search.kindMade(by: operation.method) ?? .stemcell
        guard let made = try journal.subjects(of: operation.id).first(where: { $0.kind == kind })
        else { return nil }
        let about = OperationFilter(subjects: [made], limit: 1)
        return try journal.operations(about).first?.id == operation.id ? made : nil
    }

    private func orphan(_ operation: Operation, _ made: Subject) throws -> Orphan? {
        guard try !world.isElsewhere(operation) else { return nil }
        let engine = world.engine
        let (kind, command): (String, String)
        switch made.kind {
        case .vm:
            guard try engine.container(made.cid) != nil else { return nil }
            (kind, command) = ("container", "bosh delete-vm \(made.cid)")
        case .disk:
            guard try engine.volume(made.cid) != nil else { return nil }
            (kind, command) = ("volume", "docker volume rm \(made.cid)")
        case .snapshot:
            guard try engine.volume(made.cid) != nil else { return nil }
            let record = SnapshotCID(made.cid).record
            (kind, command) = ("volume", "docker volume rm \(record) \(made.cid)")
        case .network:
            guard try engine.network(made.cid) != nil, try world.users(of: made.cid).isEmpty
            else { return nil }
            (kind, command) = ("network", "docker network rm \(made.cid)")
        case .stemcell, .agent:
            guard try engine.image(made.cid) != nil else { return nil }
            (kind, command) = ("image", "docker image rm \(made.cid)")
        }
        return Orphan(
            kind: kind, name: made.cid,
            reason: "\(operation.method) \(operation.id) made it, and nobody has read its answer",
            command: command, removal: OrphanRemoval.unanswered(made))
    }
}
