import Foundation
import Testing

@testable import CPI
@testable import Engine

extension EndToEnd {
    /// Locks do not reach from one machine to another: Docker and the VM itself decide.
    @Suite("A live disk, driven from two machines", .enabled(if: geteuid() == 0))
    struct LiveMachinesTests {
        /// Two calls, the second so many milliseconds after the first, each by a journal and a lock
        /// directory of its own.
        private func together(
            _ rig: Rig, _ first: (String, JSON), _ second: (String, JSON), after delay: UInt32 = 0
        ) throws -> [Answer] {
            let paths = [rig.configurationPath, try rig.otherConfiguration("second")]
            let requests = [first, second].map { Rig.request($0.0, $0.1) }
            nonisolated(unsafe) let rig = rig
            nonisolated(unsafe) var answers = [Answer?](repeating: nil, count: 2)
            let lock = NSLock()
            rig.machine = Machine.blind
            DispatchQueue.concurrentPerform(iterations: 2) { index in
                if index == 1 { usleep(delay * 1000) }
                let answer = try? rig.send(requests[index], configuration: paths[index])
                lock.withLock { answers[index] = answer }
            }
            rig.machine = []
            return try answers.map { try #require($0) }
        }

        /// Whether the VM has the disk; all that shows it must agree.
        private func isAttached(_ vm: String, _ disk: String, _ rig: Rig) throws -> Bool {
            let entry = LiveScript.entry(DiskCID(disk))
            let isListed = try rig.engine.fileSize(vm, path: entry) == 0
            let isMounted = try rig.places(disk, in: vm).contains("/warden-cpi-dev/\(disk)")
            let isPinned = try rig.containerRuns("\(disk).pin") == true
            #expect(
                isListed == isMounted && isListed == isPinned,
                "\(isListed) \(isMounted) \(isPinned)")
            return isListed
        }

        @Test("attached and detached at once: it is there with its pin, or not there at all")
        func attachAndDetach() throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            let (vm, disk) = try rig.vmAndDisk()
            let arguments: JSON = [.string(vm), .string(disk)]
            for delay in stride(from: UInt32(0), to: 120, by: 10) {
                try rig.result("attach_disk", arguments)
                let answers = try together(
                    rig, ("detach_disk", arguments), ("attach_disk", arguments), after: delay)
                let isThere = try isAttached(vm, disk, rig)
                for (answer, fits) in zip(answers, [!isThere, isThere]) where fits {
                    #expect(answer.json["error"].isNull, "\(answer.stdout)")
                }
            }
            // The next call of one machine sets right whatever it finds.
            try rig.result("detach_disk", arguments)
            #expect(try !isAttached(vm, disk, rig))
        }

        @Test("moved to another VM in the middle of a slow attach: that one is no success")
        func movedAway() throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            let (vm, disk) = try rig.vmAndDisk()
            let second = try rig.makeVM(rig.network())
            let attach: JSON = [.string(vm), .string(disk)]
            // The image of pins is there from now on.
            try rig.result("attach_disk", attach)
            try rig.result("detach_disk", attach)
            let other = try rig.otherConfiguration("second") { $0["attach"] = "restart" }
            let proxy = try WireProxy(rig.directory + "/proxy.sock", upstream: rig.socket)
            defer { proxy.stop() }
            proxy.arm(effect: 2, .late)  // the pin's start, seconds after the mount
            nonisolated(unsafe) var answers: [[Answer]] = [[], []]
            nonisolated(unsafe) let rig2 = rig
            rig.machine = Machine.blind
            try rig.through(proxy) {
                DispatchQueue.concurrentPerform(iterations: 2) { index in
                    guard index == 1 else {
                        answers[0] = [try? rig2.call("attach_disk", attach)].compactMap(\.self)
                        return
                    }
                    for _ in 1...100 {
                        if (try? rig2.places(disk, in: vm))?.isEmpty == false { break }
                        usleep(50_000)
                    }
                    answers[1] = [
                        ("detach_disk", attach), ("attach_disk", [.string(second), .string(disk)]),
                    ].compactMap { try? rig2.send(Rig.request($0, $1), configuration: other) }
                }
            }
            rig.machine = []
            #expect(proxy.disarm())
            #expect(answers[1].map { $0.json["error"] } == [.null, .null], "\(answers[1])")
            let slow = try #require(answers[0].first)
            // By then the other one's attach may be at its end, or its detach.
            let isSeen = ["is attached to VM \(second) by now", "was detached from VM \(vm)"]
                .contains(where: slow.errorMessage.contains)
            #expect(isSeen, "\(slow)")
            #expect(try !isAttached(vm, disk, rig))
            #expect(try rig.result("get_disks", [.string(second)]) == [.string(disk)])
            #expect(try rig.admin("recover", "--yes").exitCode == 0)
            #expect(try !isAttached(vm, disk, rig))
        }

        @Test("detached twice at once: it is gone, and nothing of it is left")
        func detachTwice() throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            let (vm, disk) = try rig.vmAndDisk()
            let arguments: JSON = [.string(vm), .string(disk)]
            for _ in 1...3 {
                try rig.result("attach_disk", arguments)
                let answers = try together(
                    rig, ("detach_disk", arguments), ("detach_disk", arguments))
                #expect(answers.contains { $0.json["error"].isNull }, "\(answers.map(\.stdout))")
                #expect(try !isAttached(vm, disk, rig))
            }
        }
    }
}
