import Foundation
import Synchronization
import Testing

@testable import Engine

/// What a call asks of Docker when nobody disturbs it, and where a fault makes a case of its own.
struct CrashCourse: Sendable {
    /// Whether it changes something in Docker, of each request.
    private let areEffects: [Bool]

    /// Where the fault is met, if the world is then settled in that way.
    ///
    /// - A request that changes something meets each fault.
    /// - One that looks meets one: they take turns, for what a fault leaves there is what it leaves before or after
    ///   the nearest change.
    /// - The ways to settle take turns, too. A later CRASH_PHASE begins with another one.
    ///
    /// Each fault at each request, settled in each way, is tried over a Docker at the wire (`CrashTests` there): this
    /// shows that a real one does not differ.
    func points(_ fault: WireProxy.Fault, _ way: CrashCase.Way, _ scenario: CrashScenario)
        -> [CrashCase.Point]
    {
        let ways = scenario.ways(of: fault)
        let atLooks = WireProxy.Fault.atLooks
        var (effects, looks) = (0, 0)
        return areEffects.enumerated().compactMap { index, isEffect in
            // By their own numbers: how often it looks, for an agent as an example, differs.
            guard !isEffect else {
                effects += 1
                return ways.turn(effects + fault.place) == way ? .effect(effects) : nil
            }
            looks += 1
            let isMet = atLooks.turn(looks) == fault && ways.turn(looks / atLooks.count) == way
            return isMet ? .request(index + 1) : nil
        }
    }

    /// Makes the call, once for each scenario.
    static func of(_ scenario: CrashScenario) throws -> CrashCourse {
        guard let once = all[scenario.name] else { return CrashCourse(areEffects: []) }
        return try once.course.withLock { known in
            if let known { return known }
            let course = try record(scenario)
            known = course
            return course
        }
    }

    private final class Once: Sendable { let course = Mutex<CrashCourse?>(nil) }
    private static let all = Dictionary(
        uniqueKeysWithValues: CrashScenario.all.map { ($0.name, Once()) })

    private static func record(_ scenario: CrashScenario) throws -> CrashCourse {
        let rig = scenario.isLive ? try Rig.live() : try Rig()
        defer { rig.tearDown() }
        let proxy = try WireProxy(rig.directory + "/proxy.sock", upstream: rig.socket)
        defer { proxy.stop() }
        proxy.countsExecs = scenario.isLive
        let world = CrashWorld(rig)
        let arguments = try scenario.prepare(world)
        proxy.record()
        let result = try rig.through(proxy) { try rig.result(scenario.method, arguments) }
        let areEffects = proxy.recorded
        try scenario.check(world, result)
        try #require(world.problems == [] && !areEffects.isEmpty)
        return CrashCourse(areEffects: areEffects)
    }
}

extension WireProxy.Fault {
    /// A look whose reply is lost is one that is cut, and a process that dies after a look leaves what it leaves before.
    fileprivate static let atLooks: [WireProxy.Fault] = [.killBefore, .cut, .status500, .delay]

    fileprivate var place: Int { WireProxy.Fault.all.firstIndex(of: self) ?? 0 }
}

extension Array {
    /// Whose turn it is at this place: each after the other, beginning with another one when a CRASH_STRIDE has met
    /// all that it meets.
    func turn(_ place: Int) -> Element {
        self[(place + CrashCase.phase / (CrashCase.stride ?? 1)) % count]
    }
}
