import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    /// Every request of a call meets every fault, and the world is then settled in every way. All of
    /// it takes hours: `make test` runs a part of it, `make crash` the whole.
    @Suite("Killed anywhere, nothing is lost")
    struct CrashTests {
        enum Way: String, CaseIterable, Sendable {
            case recover, nextCall, noJournal
        }

        @Test("The VM and its data are there afterwards", arguments: CrashScenario.all)
        func matrix(_ scenario: CrashScenario) throws {
            let environment = ProcessInfo.processInfo.environment
            let only = environment["CRASH_CASE"]
            let stride = environment["CRASH_STRIDE"].flatMap { Int($0) } ?? 61
            let points = try runCase(scenario, 0, nil, .nextCall, "\(scenario.method), undisturbed")
            var cases = 0
            var index = stride / 2
            for number in 1...points {
                for fault in WireProxy.Fault.allCases {
                    for way in Way.allCases {
                        index += 1
                        let name = "\(scenario.method):\(number):\(fault.rawValue):\(way.rawValue)"
                        guard only.map({ $0 == name }) ?? (index % stride == 0) else { continue }
                        cases += 1
                        _ = try runCase(scenario, number, fault, way, name)
                    }
                }
            }
            print("crash: \(scenario.method): \(points) requests, \(cases) cases")
        }

        /// Returns how many requests the call made.
        private func runCase(
            _ scenario: CrashScenario, _ number: Int, _ fault: WireProxy.Fault?, _ way: Way,
            _ name: String
        ) throws -> Int {
            let rig = try Rig()
            defer { rig.tearDown() }
            let socket = String(rig.dockerHost.dropFirst("unix://".count))
            let proxy = try WireProxy(rig.directory + "/proxy.sock", upstream: socket)
            defer { proxy.stop() }
            let world = CrashWorld(rig)
            let before = try rig.leftovers(["vm-", "disk-", "stemcell:"])
            let arguments = try scenario.prepare(world)
            let direct = rig.configuration
            var proxied = direct
            proxied["Actions"]["Docker"]["host"] = .string("unix://" + proxy.path)
            try rig.save(proxied)

            proxy.arm(number, fault)
            let first = try rig.send(Rig.request(scenario.method, arguments), started: proxy.aim)
            let requests = proxy.requests
            let struck = proxy.disarm()
            try rig.save(direct)
            let context = Comment(rawValue: "CRASH_CASE=\(name) make crash; first answer: \(first.stdout)\(first.stderr)")
            let isKill = fault == .killAfter || fault == .killBefore
            #expect(!struck || !isKill || first.wasKilled, context)

            let result = try settle(rig, scenario, arguments, first, way, context)
            withKnownContext(context) { try scenario.check(world, result) }
            rig.tearDownObjects()
            removeUnanswered(rig, before)
            let left = try rig.leftovers(["vm-", "disk-", "stemcell:"]).filter { !before.contains($0) }
            #expect(left == [], context)
            return requests
        }

        /// Brings the world to the state after the call, in the way that is tried.
        private func settle(
            _ rig: Rig, _ scenario: CrashScenario, _ arguments: JSON, _ first: Answer, _ way: Way,
            _ context: Comment
        ) throws -> JSON {
            switch way {
            case .recover:
                let recovered = try rig.admin("recover", "--yes")
                // 3: something was made and nobody knows it. It is for a person, and blocks nothing.
                #expect([0, 3].contains(recovered.exitCode), "\(context) \(recovered)")
            case .noJournal:
                try FileManager.default.removeItem(atPath: rig.directory + "/journal")
            case .nextCall: break
            }
            if !first.wasKilled, first.json["error"].isNull { return first.result }
            let second = try rig.call(scenario.method, arguments)
            let isGone = second.errorType == "Bosh::Clouds::DiskNotFound"
            #expect(second.json["error"].isNull || isGone, "\(context); repeated: \(second.stdout)")
            return second.result
        }

        private func withKnownContext(_ context: Comment, _ body: () throws -> Void) {
            do {
                try body()
            } catch {
                Issue.record(error, context)
            }
        }

        /// What was made by a call that was killed before its answer: only a person removes it.
        private func removeUnanswered(_ rig: Rig, _ before: [String]) {
            for name in (try? rig.leftovers(["vm-", "disk-", "stemcell:"])) ?? [] where !before.contains(name) {
                let isVM = name.hasPrefix("vm-") && !name.contains(".") && !name.hasSuffix("-ephemeral")
                if isVM { _ = try? rig.call("delete_vm", [.string(name)]) }
                if name.hasPrefix("disk-") { _ = try? rig.call("delete_disk", [.string(name)]) }
                if name.hasPrefix("stemcell:"), !name.hasSuffix(".new") {
                    _ = try? rig.call("delete_stemcell", [.string(name)])
                }
            }
        }
    }
}
