import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    @Suite(
        "A snapshot that Docker's disk has no room for",
        .enabled(if: geteuid() == 0 && TestEngine.all.allSatisfy { $0.privateName != nil }))
    struct SnapshotTooLargeTests {
        @Test("is an error, the VM runs on, and nothing of it is left")
        func tooLarge() throws {
            try withSmallEngine("small", size: "220m") { rig, _ in
                let vm = try rig.makeVM(rig.network())
                let disk = try rig.makeDisk()
                try rig.awaitAgent(vm)
                try rig.result("attach_disk", [.string(vm), .string(disk)])
                try rig.awaitAgent(vm)
                let directory = "/warden-cpi-dev/\(disk)"
                // Of what is free, six tenths.
                let fill = """
                    free=$(df -P -k \(directory) | awk 'NR == 2 { print $4 }')
                    head -c $((free * 6 / 10 * 1024)) /dev/urandom >\(directory)/big && sync && echo filled
                    """
                #expect(try rig.shell(vm, fill).contains("filled"))
                let sum = try rig.shell(vm, "sha256sum <\(directory)/big")

                let answer = try rig.call("snapshot_disk", [.string(disk), [:]])
                #expect(answer.errorMessage.contains("No space left on device"), "\(answer)")
                #expect(
                    answer.errorMessage.contains("Rolled back: everything is as it was before"),
                    "\(answer)")
                #expect(try rig.snapshots(of: disk) == [])
                let container = try rig.engine.inspectContainer(vm)
                #expect(container.isRunning && !container.isPaused)
                #expect(try rig.shell(vm, "sha256sum <\(directory)/big") == sum)
                #expect(try rig.admin("recover").exitCode == 0)
            }
        }
    }
}
