import Engine
import Testing

@testable import CPI
@testable import Support

@Suite("With another storage driver Docker shows no container that it had: its VMs are not gone")
struct HiddenVMTests {
    let scene: Scene

    init() throws {
        scene = try Scene()
        scene.docker.state.info["Driver"] = "overlay2"
        try scene.makeVM()
        try scene.makeDisk()
        scene.runner.configuration["attach"] = "auto"
        _ = try scene.attach()
    }

    private let why = "made with Docker's storage driver overlay2, and Docker has overlayfs now"

    private func withAnotherDriver(_ body: () throws -> Void) rethrows {
        let (containers, images) = (scene.docker.state.containers, scene.docker.state.images)
        (scene.docker.state.containers, scene.docker.state.images) = ([], [])
        scene.docker.state.info["Driver"] = "overlayfs"
        try body()
        scene.docker.state.containers += containers
        scene.docker.state.images += images
        scene.docker.state.info["Driver"] = "overlay2"
    }

    private func failure(_ method: String, _ arguments: [JSON]) -> String {
        let failure = #expect(throws: CallFailure.self) {
            try scene.runner.call(method, arguments)
        }
        return failure?.message ?? ""
    }

    @Test("no call takes the VM for gone, and its disk stays its own")
    func calls() throws {
        let (vm, disk) = (JSON.string(scene.vm), JSON.string(scene.disk))
        let volumes = Set(scene.docker.state.volumes.keys)
        withAnotherDriver {
            for method in ["has_vm", "delete_vm", "reboot_vm"] {
                #expect(failure(method, [vm]).contains(why), "\(method)")
            }
            #expect(failure("detach_disk", [vm, disk]).contains(why))
            #expect(failure("delete_disk", [disk]).contains(why))
        }
        #expect(volumes.isSubset(of: scene.docker.state.volumes.keys))
        #expect(try scene.runner.call("has_vm", [vm]) == true)
        _ = try scene.detach()
        _ = try scene.runner.call("delete_vm", [vm])
        #expect(try scene.runner.call("has_vm", [vm]) == false)
    }

    @Test("orphans removes no volume of it, and doctor says what has happened")
    func operators() throws {
        try withAnotherDriver {
            let recovery = try scene.runner.operatorRecovery(journal: true)
            let orphan = try #require(
                try recovery.orphans().first { $0.name.hasPrefix(scene.vm) })
            #expect(orphan.reason.contains(why) && !orphan.removal.isPossible)
            #expect(throws: CPIError.self) { try recovery.remove(orphan) }
            let finding = try recovery.inspection.diagnose().first { $0.what == "hidden VMs" }
            #expect(finding?.level == .fail && finding?.words.contains(why) == true)
        }
        let findings = try scene.runner.operatorRecovery(journal: true).inspection.diagnose()
        #expect(!findings.contains { $0.what == "hidden VMs" })
    }
}
