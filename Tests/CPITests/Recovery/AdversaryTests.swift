import Engine
import Foundation
import Journal
import Testing

@testable import CPI
@testable import Support

/// Somebody else acts at every boundary of every call, and the call goes on or is killed there. Who
/// runs writes all the time; afterwards everything that was written is where the VM is, or journal or
/// orphans name the place.
@Suite("Nothing of a VM is lost, whoever acts")
struct AdversaryTests {
    init() { Backtraces.off }

    @Test("each method of the table has a scenario")
    func coverage() {
        let methods = Set(Methods.mutations.map { $0.name })
        #expect(methods == Set(CrashScenario.disturbed.map(\.method)))
    }

    @Test("somebody else acts, and the call goes on", arguments: CrashScenario.wanted)
    func goesOn(_ scenario: CrashScenario) throws {
        var run = try AdversaryRun(scenario, acts: Act.allCases)
        try run.goOn()
        run.report()
    }

    @Test("somebody else acts where a call was killed", arguments: CrashScenario.wanted)
    func killed(_ scenario: CrashScenario) throws {
        var run = try AdversaryRun(scenario, acts: [])
        try run.kill()
        run.report()
    }

    @Test("each act changes something in one scenario at least, but for those that cannot")
    func acts() throws {
        var idle = Set(Act.allCases).filter { !$0.isOfCPI }
        for scenario in CrashScenario.disturbed where !idle.isEmpty {
            let run = try AdversaryRun(scenario, acts: Array(idle))
            idle.subtract(run.possible.joined())
        }
        // All images of a VM have names at every moment of every call: one
        // without a name would be prey of the plainest prune.
        #expect(idle == [.imagePrune])
    }
}
