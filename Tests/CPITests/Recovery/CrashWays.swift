import Engine
import Journal

@testable import CPI
@testable import Support

/// How a killed world is set right, and what must hold then.
extension CrashTests {
    /// Sets a killed world right in one way; what is wrong then, in words.
    func settle(_ way: Way, _ index: Int, _ scene: Scene) throws -> [String] {
        var problems = scene.docker.invariants()
        switch way {
        case .nextCall: break
        case .withoutJournal: try scene.runner.loseJournal()
        case .recoveryKilled:
            try scene.kill(secondDeath(index)) { try $0.runner.recover() }
            problems += scene.docker.invariants().map { "after recovery was killed: \($0)" }
            try scene.runner.recover()
        case .recovery: try scene.runner.recover()
        case .back: try scene.runner.recover(.backward)
        case .forward: try scene.runner.recover(.forward)
        }
        if ![.nextCall, .withoutJournal].contains(way) {
            problems += scene.docker.settledInvariants().map { "after recovery: \($0)" }
            problems += try scene.runner.journal().open().filter { $0.state == .running }
                .map { "after recovery: operation \($0.id) is open" }
        }
        return problems
    }

    /// The journal's word on the way that was gone, the operator's wish and the disk's place agree.
    func wrongWay(
        _ way: Way, _ scene: Scene, from start: Scene, to whole: Scene, killed: Scene
    ) throws -> [String] {
        guard ![.nextCall, .withoutJournal].contains(way) else { return [] }
        let operation = try scene.runner.lastOperation()
        let isKnown = try operation.id != start.runner.lastOperation().id
        let isDone = isKnown && operation.state == .done
        var problems: [String] = []
        if scene.isAttached != (isDone ? whole : start).isAttached {
            problems.append("it is \(operation.state.rawValue), and the disk is elsewhere")
        }
        if isKnown, !isDone, way == .forward { problems.append("--forward went back") }
        let wasOpen = try killed.runner.journal().open().contains { $0.id == operation.id }
        let old = killed.docker.state.container(start.container?.id ?? "")
        // What ran last is the VM: then there is no way back.
        let hasRun = killed.docker.state.containers.contains {
            $0.labels["io.bosh.replaces"] == old?.id && !$0.startedAt.hasPrefix("0001")
        }
        if isDone, wasOpen, old != nil, way == .back, !hasRun {
            problems.append("--back went forward")
        }
        return problems
    }

    /// Another moment of recovery for each moment of the call; past its end, it is not killed.
    func secondDeath(_ index: Int) -> Scene.Moment {
        let n = index / 3 % 20 + 1
        return [Scene.Moment.before(n), .after(n), .commit(n)][index % 3]
    }

    /// The same call once more, which is to succeed and leave nothing of the first one.
    func repeated(_ scenario: CrashScenario, _ way: Way, _ scene: Scene) throws -> [String] {
        do {
            _ = try scene.runner.call(scenario.method, scenario.arguments(scene))
        } catch let failure as CallFailure {
            // What was to go is gone, or what was made holds the address: that is said so.
            let isGone = failure.type.contains("NotFound")
            let isMade = scenario.mayBeParked && failure.message.contains(/held by vm-[0-9a-f-]+\)/)
            guard isGone || isMade else { return ["the next call failed: \(failure)"] }
        } catch {
            return ["the next call failed: \(error)"]
        }
        // A lone ephemeral volume may be all that is left of a VM that somebody removed: without a
        // journal no code removes it, and `orphans` must name it.
        let named = way == .withoutJournal ? try scene.runner.orphans().map(\.name) : []
        let leftovers = scene.docker.settledInvariants()
            .filter { problem in
                !named.contains { problem.hasPrefix("volume \($0) ") }
                    // No call is about a stemcell that nobody knows: `recover` alone removes it.
                    && !(scenario.method == "create_stemcell"
                        && (problem.hasPrefix("image")
                            || problem.hasPrefix("container stemcell-")))
            }
        let journal = way == .withoutJournal ? [] : try scene.runner.journal().check()
        return scenario.check(scene) + leftovers + journal
    }
}
