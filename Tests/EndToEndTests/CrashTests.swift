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
            let stride = environment["CRASH_STRIDE"].flatMap { Int($0) } ?? 257
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
            let context = Comment(
                rawValue:
                    "CRASH_CASE=\(name) make crash; first answer: \(first.stdout)\(first.stderr)")
            let isKill = fault == .killAfter || fault == .killBefore
            #expect(!struck || !isKill || first.wasKilled, context)

            let result = try settle(rig, scenario, arguments, first, way, context)
            withKnownContext(context) { try scenario.check(world, result) }
            rig.tearDownObjects()
            try removeOrphans(rig)
            let left = try rig.leftovers(["vm-", "disk-", "stemcell:"]).filter {
                !before.contains($0)
            }
            // Without a journal nobody can tell a whole VM, disk or stemcell that was made and not
            // answered from one that is in use: those, and only those, stay.
            let isMade = ["create_vm", "create_disk", "create_stemcell"].contains(scenario.method)
            #expect(left == [] || (way == .noJournal && isMade && isWhole(left)), context)
            try removeWhole(rig, left)
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
                let recovered = try rig.admin(
                    "recover", "--from-docker", "--older-than", "0", "--yes")
                #expect([0, 3].contains(recovered.exitCode), "\(context) \(recovered)")
            case .nextCall: break
            }
            // Repeating what succeeded must be harmless; another VM or disk would be another one.
            let makes = scenario.method.hasPrefix("create_") || scenario.method == "delete_disk"
            if makes, !first.wasKilled, first.json["error"].isNull { return first.result }
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

        /// What `orphans` names is removed by the command that it gives.
        private func removeOrphans(_ rig: Rig) throws {
            let listed = try JSON(parsing: rig.admin("orphans", "--json").stdout.utf8)
            for orphan in listed["orphans"].array ?? [] {
                let name = orphan["name"].string ?? ""
                switch orphan["kind"].string {
                case "container": _ = try rig.call("delete_vm", [.string(name)])
                case "volume": try rig.engine.removeVolume(name)
                case "image": try rig.engine.removeImage(name)
                case "network" where name.hasPrefix("cpi-e2e"): try rig.engine.removeNetwork(name)
                default: break
                }
            }
        }

        /// One finished thing: a VM with its ephemeral volume, a disk, or a stemcell.
        private func isWhole(_ names: [String]) -> Bool {
            !names.contains { $0.contains(".") }
                && names.filter { !$0.hasSuffix("-ephemeral") }.count == 1
        }

        private func removeWhole(_ rig: Rig, _ names: [String]) throws {
            for name in names where !name.contains("-ephemeral") {
                let method =
                    name.hasPrefix("vm-")
                    ? "delete_vm" : name.hasPrefix("disk-") ? "delete_disk" : "delete_stemcell"
                _ = try rig.call(method, [.string(name)])
            }
        }
    }
}
