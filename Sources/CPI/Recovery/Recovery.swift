import Engine
import FoundationEssentials
import Journal

/// The way that an operator wants an operation to go.
public enum Wish: Sendable { case back, forward }

/// Settles one operation that was left open, by the same steps and the same Runner that began it.
struct Recovery {
    /// After so many attempts an operation is left to a person, and blocks nobody else.
    static let maximalAttempts = 5

    /// Acting as the operation that is settled.
    let world: World
    let operation: Operation
    var wish: Wish?

    /// What would be done, and about what. Changes nothing.
    func decide() throws -> Action {
        guard let type = Methods.mutation(operation.method) else {
            return .park("this version does not know the method \(operation.method)")
        }
        return try decide(type)
    }

    /// Does it and records it. Returns what was done; throws when that failed half way.
    ///
    /// `subjects` are what a director's call names: a VM or disk that it has the CID of is not one
    /// whose answer was lost.
    @discardableResult
    func settle(knownTo subjects: [Subject] = []) throws -> Action {
        guard let type = Methods.mutation(operation.method) else { return try decide() }
        world.recorder.record(.attempt, durable: true)
        var action = try decide(type)
        if action == RecoveryTable.unanswered, try made(type, isAmong: subjects) {
            action = .close(.done, "the director knows it")
        }
        try carryOut(action, type)
        return action
    }

    private func made<M: Mutation>(_ type: M.Type, isAmong subjects: [Subject]) throws -> Bool {
        guard let plan = try plan(type) else { return false }
        let made = M.subjects(of: plan).filter { $0.kind == .vm || $0.kind == .disk }
        return made.contains(where: subjects.contains)
    }

    private func decide<M: Mutation>(_ type: M.Type) throws -> Action {
        guard let plan = try plan(type) else {
            return .park("its plan cannot be read by this version")
        }
        if let other = try foreignDaemon() { return .park(other) }
        try requirePossible(wish, M.lane)
        return RecoveryTable.action(
            M.lane, operation.direction, begun: operation.step != nil, try M.situation(plan, world),
            wish)
    }

    private func carryOut<M: Mutation>(_ action: Action, _ type: M.Type) throws {
        switch action {
        case .rollBack:
            guard let plan = try plan(type) else { return }
            try Runner(world: world).backward(try M.steps(plan, nil))
            finish(.rolledBack, "interrupted, and rolled back by recovery")
        case .finish:
            guard let plan = try plan(type) else { return }
            try Runner(world: world).forward(try M.steps(plan, nil), resuming: true)
            finish(.done, nil)
        case .close(let state, let why): finish(state, why)
        case .park(let why):
            if action == RecoveryTable.unanswered, let plan = try plan(type) {
                try M.tidy(plan, world)
            }
            finish(.parked, why)
        }
    }

    private func plan<M: Mutation>(_ type: M.Type) throws -> M.Plan? {
        guard let text = operation.plan else { return nil }
        return try? JSONDecoder().decode(M.Plan.self, from: Data(text.utf8))
    }

    private func finish(_ state: Operation.State, _ error: String?) {
        var data: JSON = ["state": .string(state.rawValue)]
        if let error { data["error"] = .string(error) }
        world.recorder.record(.outcome, data: data, durable: true)
    }

    private func requirePossible(_ wish: Wish?, _ lane: Lane) throws {
        guard let wish else { return }
        guard lane == .replace else {
            throw CPIError(
                kind: .cloud,
                message: "\(operation.method) has one way to go; leave out --back and --forward")
        }
        guard wish == .back || operation.direction == .forward else {
            throw CPIError(
                kind: .cloud,
                message: "operation \(operation.id) has begun to go back and cannot go forward")
        }
    }

    /// A 404 from another daemon than the operation's own would not mean "gone".
    private func foreignDaemon() throws -> String? {
        guard let owner = operation.owner, let json = try? JSON(parsing: owner.utf8),
            let its = json["daemon"]["id"].string
        else { return nil }
        let here = try world.engine.info()["ID"].string ?? ""
        guard here != its else { return nil }
        let address = json["daemon"]["address"].string ?? "another address"
        return
            "it was begun on another Docker daemon (\(address)); run recovery with that one's configuration"
    }
}
