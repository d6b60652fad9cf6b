import Engine
import Testing

@testable import CPI
@testable import Support

@Suite("Queries change nothing and wait for nothing")
struct QueryTests {
    let scene: Scene

    init() throws { scene = try Scene() }

    @Test("info answers without Docker")
    func info() throws {
        scene.docker.onRequest = { _, _ in .beforeSending }
        let info = try scene.runner.call("info", [])
        #expect(info["api_version"].int != nil)
        #expect(info["stemcell_formats"].array?.isEmpty == false)
        #expect(scene.docker.count == 0)
    }

    @Test("has_vm is false only when Docker says so")
    func hasVM() throws {
        try scene.makeVM()
        #expect(try scene.runner.call("has_vm", [.string(scene.vm)]) == true)
        #expect(try scene.runner.call("has_vm", ["vm-absent"]) == false)
        for fault in [FakeDocker.Fault.beforeSending, .lostReply, .status(500, "boom")] {
            scene.docker.onRequest = { _, _ in fault }
            #expect(throws: CallFailure.self) {
                try scene.runner.call("has_vm", [.string(scene.vm)])
            }
        }
    }

    @Test("has_vm is true at every moment of a replacement")
    func hasVMDuringReplacement() throws {
        try scene.makeVM()
        try scene.makeDisk()
        let sweep = try scene.sweep({ try $0.attach() }) { _ in
            .killAfter
        } check: { scene, number, _ in
            scene.docker.revive()
            let answer = try scene.runner.call("has_vm", [.string(scene.vm)])
            #expect(answer == true, "killed after request \(number)")
        }
        #expect(sweep.isWhole && sweep.struck == sweep.reached, "\(sweep)")
    }

    @Test("has_disk does not take a stranger's volume for a disk")
    func hasDisk() throws {
        let disk = try scene.makeDisk()
        scene.docker.state.volumes["disk-other"] = .init(name: "disk-other")
        scene.docker.state.volumes["vol-11111111-2222-4333-8444-555555550001"] = .init(
            name: "vol-11111111-2222-4333-8444-555555550001")
        #expect(try scene.runner.call("has_disk", [.string(disk)]) == true)
        #expect(try scene.runner.call("has_disk", ["disk-other"]) == false)
        #expect(
            try scene.runner.call("has_disk", ["vol-11111111-2222-4333-8444-555555550001"]) == true)
    }

    @Test("get_disks lists what is attached, and VMNotFound is an error")
    func getDisks() throws {
        try scene.makeVM()
        try scene.makeDisk()
        #expect(try scene.runner.call("get_disks", [.string(scene.vm)]) == [])
        _ = try scene.attach()
        #expect(try scene.runner.call("get_disks", [.string(scene.vm)]) == [.string(scene.disk)])
        _ = try scene.detach()
        #expect(try scene.runner.call("get_disks", [.string(scene.vm)]) == [])
        let failure = #expect(throws: CallFailure.self) {
            try scene.runner.call("get_disks", ["vm-absent"])
        }
        #expect(failure?.type == "Bosh::Clouds::VMNotFound")
    }

    @Test("calculate_vm_cloud_properties gives the same for the same, and names what is missing")
    func properties() throws {
        let wanted: JSON = ["cpu": 2, "ram": 1_024, "ephemeral_disk_size": 2_048]
        let answer = try scene.runner.call("calculate_vm_cloud_properties", [wanted])
        #expect(answer == ["cpus": 2, "memory": 1_024, "ephemeral_disk": 2_048])
        let properties = try VMProperties(Field(name: "p", value: answer))
        #expect(properties.resources.hostConfig["Memory"] == .integer(1_024 << 20))
        let failure = #expect(throws: CallFailure.self) {
            try scene.runner.call("calculate_vm_cloud_properties", [["cpu": 2]])
        }
        #expect(failure?.message.contains("vm_resources.ram") == true)
    }

    @Test("queries are in the journal, and send nothing but GET")
    func recorded() throws {
        try scene.makeVM()
        for method in ["has_vm", "get_disks"] {
            _ = try scene.runner.call(method, [.string(scene.vm)])
            #expect(try scene.runner.lastOperation().method == method)
            #expect(try scene.runner.lastOperation().state == .done)
            #expect(try scene.runner.lastOperation().mutating == false)
        }
        #expect(scene.docker.requests.allSatisfy { $0.hasPrefix("GET ") })
    }

    @Test("metadata of a VM becomes a label when its container is replaced next")
    func metadata() throws {
        try scene.makeVM()
        try scene.makeDisk()
        let metadata: JSON = ["deployment": "d", "index": 3]
        #expect(try scene.runner.call("set_vm_metadata", [.string(scene.vm), metadata]) == .null)
        #expect(scene.story() == "")
        _ = try scene.attach()
        #expect(scene.container?.labels["io.bosh.metadata"] == #"{"deployment":"d","index":"3"}"#)
        #expect(throws: CallFailure.self) {
            try scene.runner.call("set_vm_metadata", ["vm-absent", metadata])
        }
    }
}
