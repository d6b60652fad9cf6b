import Engine
import Foundation
import Journal
import Testing

@testable import CPI
@testable import Support

/// One scenario with every act at every boundary, in one world that is put back for each case.
struct AdversaryRun {
    enum Way: String, CaseIterable { case nextCall, recovery, withoutJournal }

    let scenario: CrashScenario
    private let scene: Scene
    private let start: Scene.Snapshot
    /// What the call asks when nobody disturbs it: "POST /containers/create".
    let requests: [String]
    /// By request, what somebody else can do there.
    let possible: [[Act]]
    private(set) var cases = 0
    private(set) var found: [String: [String: [String]]] = [:]
    private static let only = ProcessInfo.processInfo.environment["ADVERSARY_CASE"]

    /// `acts` are those to find out about, when they are possible.
    init(_ scenario: CrashScenario, acts: [Act]) throws {
        self.scenario = scenario
        scene = try scenario.prepare()
        start = try scene.snapshot()
        scene.docker.revive()
        let scene = scene
        var possible: [[Act]] = []
        var unseen: [Act] = []
        scene.docker.onRequest = { _, request in
            unseen = []
            possible.append(AdversaryRun.possible(acts, scene, at: request, unseen: &unseen))
            return nil
        }
        _ = try scene.runner.call(scenario.method, scenario.arguments(scene))
        scene.docker.onRequest = nil
        requests = scene.docker.requests
        // No request comes after the last one.
        self.possible = possible.dropLast() + [(possible.last ?? []) + unseen]
    }

    /// The acts that change something at this moment, or go wrong. An operator's recover would leave
    /// its trace in the journal, so it is not tried.
    ///
    /// `unseen` gets those that change nothing of the answer: done right before the call's next request they are
    /// the same case.
    private static func possible(
        _ acts: [Act], _ scene: Scene, at request: Request, unseen: inout [Act]
    ) -> [Act] {
        let answer = request.method == "GET" ? scene.docker.preview(request) : nil
        var possible: [Act] = []
        for act in acts where act != .operatorRecover {
            let state = scene.docker.state
            defer { scene.docker.state = state }
            guard let (changed, problems) = try? scene.begin(act) else {
                possible.append(act)
                continue
            }
            guard changed || !problems.isEmpty else { continue }
            let isUnseen =
                answer != nil && !act.takesTwoMoments && problems.isEmpty
                && scene.docker.preview(request) == answer
            if isUnseen { unseen.append(act) } else { possible.append(act) }
        }
        return possible + acts.filter { $0 == .operatorRecover }
    }

    /// The call goes on; if it leaves something that is to be settled, that is done in one of the
    /// ways, in turn.
    mutating func goOn() throws {
        for n in 1...requests.count {
            for act in possible[n - 1] where isTurn(act, n) && isWanted(act, "goes on", "\(n)") {
                let way = Way.allCases[(n + act.number) % 3]
                let witness = try witness(start)
                let wasChanged = try call(n, act, witness)
                guard wasChanged || !witness.problems.isEmpty else { continue }
                let isLeft = try isLeft()
                if isLeft { try settle(way, witness) }
                try close(witness, act, isLeft ? "goes on, \(way)" : "goes on", n)
            }
        }
    }

    /// The call with somebody else at its n-th request. Returns whether they changed anything.
    private func call(_ n: Int, _ act: Act, _ witness: Witness) throws -> Bool {
        let scene = scene
        var wasChanged = false
        var hasEffect = false
        scene.docker.onRequest = { count, request in
            switch count {
            case n:
                do {
                    wasChanged = try witness.begin(act, isLate: hasEffect, ownerLives: true)
                } catch {
                    witness.note("the act failed: \(error)")
                }
            case n + 1: try? witness.end()
            default: witness.look()
            }
            // What changes nothing needs no end.
            if count == n, !wasChanged, witness.problems.isEmpty { return .kill }
            if AdversaryRun.isEffect("\(request.method) \(request.path)") { hasEffect = true }
            return nil
        }
        let answer = Result {
            try scene.runner.call(scenario.method, scenario.arguments(scene))
        }
        scene.docker.revive()
        guard wasChanged || !witness.problems.isEmpty else { return false }
        try witness.end()
        switch answer {
        case .success:
            witness.isMade = true
            witness.checkSuccess()
        case .failure(let failure as CallFailure):
            witness.check(failure.message)
            let operation = try scene.runner.lastOperation()
            if operation.direction == .backward || operation.state == .rolledBack {
                witness.forgiveGoingBack()
            }
        case .failure(let error): witness.note("the call threw \(error)")
        }
        return wasChanged
    }

    /// Dies before and after each request that changes something; then somebody acts.
    mutating func kill() throws {
        let scene = scene
        for n in 1...requests.count where AdversaryRun.isEffect(requests[n - 1]) {
            for moment in [Scene.Moment.before(n), .after(n)] where isWanted(nil, nil, "\(moment)")
            {
                let dying = try witness(start)
                try scene.kill(moment, each: { dying.look() }) {
                    try $0.runner.call(scenario.method, scenario.arguments($0))
                }
                // Whoever cannot see its locks takes it for dead by now.
                scene.runner.time.sleep(601)
                let killed = try scene.snapshot()
                // Recovery is one of the ways already.
                for act in Act.allCases where act != .operatorRecover {
                    try settle(dying, act, killed, moment)
                }
            }
        }
    }

    /// In one of the ways, in turn: another one before a request than after it.
    private mutating func settle(
        _ dying: Witness, _ act: Act, _ killed: Scene.Snapshot, _ moment: Scene.Moment
    ) throws {
        let (n, place) =
            switch moment {
            case .before(let n): (n, 0)
            case .after(let n): (n, 1)
            case .commit(let n): (n, 2)
            }
        let way = Way.allCases[(n + act.number + place) % 3]
        if isWanted(act, "killed, \(way)", "\(moment)") {
            try scene.restore(killed)
            let witness = dying.copy()
            witness.isMade = scene.docker.state.container(scene.actedVM) != nil
            let wasChanged = try witness.begin(act, isLate: true, ownerLives: false)
            guard wasChanged || !witness.problems.isEmpty else { return }
            try witness.end()
            try settle(way, witness)
            try close(witness, act, "killed, \(way)", moment)
        }
    }

    private func settle(_ way: Way, _ witness: Witness) throws {
        let scene = scene
        scene.docker.onRequest = { _, _ in
            witness.look()
            return nil
        }
        defer { scene.docker.onRequest = nil }
        let open = try scene.runner.journal().open().map(\.id)
        switch way {
        case .nextCall:
            // Asked again for its address, a VM that nobody has got the CID of goes.
            witness.isMade = false
        case .recovery:
            try? scene.runner.recover()
            for id in open {
                let operation = try scene.runner.journal().operation(id)
                witness.check(operation.error ?? "")
                if operation.error == "interrupted, and rolled back by recovery" {
                    witness.requireUnchanged()
                }
            }
            return
        case .withoutJournal:
            try scene.loseJournal()
            scene.runner.time.sleep(601)
            try? scene.runner.recover()
        }
        do {
            _ = try scene.runner.call(scenario.method, scenario.arguments(scene))
        } catch let failure as CallFailure {
            witness.checkCopies(failure.message)
        }
    }

    private func witness(_ start: Scene.Snapshot) throws -> Witness {
        try scene.restore(start)
        return Witness(scene, scenario.method, start: start.docker)
    }

    /// Whether the call has left something open, or containers that are not the VM's.
    private func isLeft() throws -> Bool {
        try !scene.runner.journal().open().isEmpty
            || scene.docker.state.volumeNames.contains { $0.hasSuffix(".op") }
            || scene.docker.state.containers.contains { $0.name != $0.vm }
    }

    private mutating func close(_ witness: Witness, _ act: Act, _ way: String, _ at: Any) throws {
        cases += 1
        for problem in try witness.verdict() {
            found["\(act.rawValue)|\(way)", default: [:]][problem, default: []].append("\(at)")
        }
    }

    private static func isEffect(_ request: String) -> Bool {
        !request.hasPrefix("GET") && !request.contains("/exec")
    }

    /// Scenarios of one method that differ in little share the work: at each boundary each takes
    /// half of the acts, another half than the next one. ADVERSARY_ALL has each take all of them.
    private func isTurn(_ act: Act, _ n: Int) -> Bool {
        let like = CrashScenario.disturbed.filter { $0.method == scenario.method }
        let isAlone = like.count == 1 || scenario.variant.hasPrefix("dynamic")
        let isAll = ProcessInfo.processInfo.environment["ADVERSARY_ALL"] != nil
        guard !isAlone, !isAll, AdversaryRun.only == nil else { return true }
        let place = like.firstIndex { $0.variant == scenario.variant } ?? 0
        return (n + act.number + place) % 2 == 0
    }

    /// ADVERSARY_CASE is one case: "SCENARIO|ACT|WAY|BOUNDARY"; without it all are wanted.
    private func isWanted(_ act: Act?, _ way: String?, _ boundary: String) -> Bool {
        guard let only = AdversaryRun.only else { return true }
        let parts = only.split(separator: "|").map(String.init)
        guard parts.count == 4 else { return false }
        return parts[0] == "\(scenario)" && parts[3] == boundary
            && (act.map { parts[1] == $0.rawValue } ?? true)
            && (way.map { parts[2] == $0 || parts[2].hasPrefix($0 + ",") } ?? true)
    }
}
