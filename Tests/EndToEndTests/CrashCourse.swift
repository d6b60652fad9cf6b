import Foundation
import Synchronization
import Testing

@testable import Engine

/// What a call asks of Docker when nobody disturbs it, and where a fault makes a case of its own.
struct CrashCourse: Sendable {
    private let requests: [WireProxy.Seen]

    /// Where the fault is met, if the world is then settled in that way.
    ///
    /// - A request that changes something meets each fault. So does one that looks, but for two: a process that
    ///   dies after a look leaves the world that it leaves before, and a look whose reply is lost is one that is cut.
    /// - A process that dies at one of several looks leaves the same world, unless Docker or the journal has changed
    ///   in between: of these one is enough.
    /// - After a fault that leaves the process alive nothing is open: of the ways each has its turn.
    func points(_ fault: WireProxy.Fault, _ way: CrashCase.Way, _ scenario: CrashScenario)
        -> [CrashCase.Point]
    {
        let ways = scenario.ways(of: fault)
        var effects = 0
        return requests.enumerated().compactMap { index, request in
            let isTurn = fault.isKill || ways[(index + fault.place) % ways.count] == way
            // By their own numbers: how often it looks, for an agent as an example, differs.
            guard !request.isEffect else {
                effects += 1
                return isTurn ? .effect(effects) : nil
            }
            let isWorth =
                switch fault {
                case .killAfter, .dropReply: false
                case .killBefore: request.isNew
                default: isTurn
                }
            return isWorth ? .request(index + 1) : nil
        }
    }

    /// Makes the call, once for each scenario.
    static func of(_ scenario: CrashScenario) throws -> CrashCourse {
        guard let lock = locks[scenario.name] else { return CrashCourse(requests: []) }
        return try lock.withLock {
            if let known = known.withLock({ $0[scenario.name] }) { return known }
            let course = try record(scenario)
            known.withLock { $0[scenario.name] = course }
            return course
        }
    }

    private static let locks = Dictionary(
        uniqueKeysWithValues: CrashScenario.all.map { ($0.name, NSLock()) })
    private static let known = Mutex<[String: CrashCourse]>([:])

    private static func record(_ scenario: CrashScenario) throws -> CrashCourse {
        let rig = scenario.isLive ? try Rig.live() : try Rig()
        defer { rig.tearDown() }
        let proxy = try WireProxy(rig.directory + "/proxy.sock", upstream: rig.socket)
        defer { proxy.stop() }
        proxy.countsExecs = scenario.isLive
        let world = CrashWorld(rig)
        let arguments = try scenario.prepare(world)
        proxy.record { [path = rig.journalPath] in
            ["", "-wal"].map { CrashCourse.version(of: path + $0) }.joined(separator: " ")
        }
        let result = try rig.through(proxy) { try rig.result(scenario.method, arguments) }
        let requests = proxy.recorded
        try scenario.check(world, result)
        try #require(world.problems == [] && !requests.isEmpty)
        return CrashCourse(requests: requests)
    }

    /// Another one after each time that the file was written to.
    private static func version(of path: String) -> String {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        let time = attributes?[.modificationDate] as? Date
        return "\(attributes?[.size] ?? 0) \(time?.timeIntervalSince1970 ?? 0)"
    }
}

extension WireProxy.Fault {
    fileprivate var place: Int { WireProxy.Fault.all.firstIndex(of: self) ?? 0 }
}
