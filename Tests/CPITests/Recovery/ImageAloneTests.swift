import Engine
import Testing

@testable import CPI
@testable import Support

/// Killed after its commit, and then somebody prunes containers: the image has all of the VM, and recovery
/// makes the VM again from it. Nobody holds its disks meanwhile.
@Suite("A VM that is an image alone, in the middle of a replacement")
struct ImageAloneTests {
    let scene: Scene
    /// A disk that the VM had before.
    let first: String
    let second: String
    /// Another CPI, with a journal of its own.
    let machine: CallRunner

    init() throws {
        scene = try .attached()
        first = scene.disk
        try scene.makeDisk()
        let answer = try scene.create(
            agent: "agent-2", networks: ["d": Scene.network("net-a", "10.1.0.6")])
        second = try #require(answer.array?.first?.string)
        machine = try CallRunner(scene.docker)
        try scene.killAttachAtCommit()
        scene.docker.state.containers.removeAll { [vm = scene.vm] in $0.name.hasPrefix(vm) }
    }

    @Test("is there for has_vm, and other calls do not take it for gone")
    func isThere() throws {
        #expect(try scene.runner.call("has_vm", [.string(scene.vm)]) == true)
        let failure = #expect(throws: CallFailure.self) {
            try scene.runner.call("get_disks", [.string(scene.vm)])
        }
        #expect(failure?.type == "Bosh::Clouds::CloudError")
        #expect(failure?.message.contains("has all of it; next: cpi-admin recover") == true)
        try scene.runner.recover()
        #expect(scene.container?.isRunning == true)
        #expect(scene.read(Scene.layerFile) == "layer")
    }

    @Test("is the image of the operation that its mark tells of, also where another has a later id")
    func laterID() throws {
        let image = try #require(
            scene.docker.state.images.last { $0.tags.first?.hasPrefix("vm-") == true })
        let name = try #require(image.tags.first)
        let operation = try #require(name.split(separator: ":").last)
        var later = image
        later.id = "sha256:later"
        later.tags = ["\(scene.vm):z\(operation.dropFirst())"]
        later.labels["io.bosh.blueprint"] = "{}"
        scene.docker.state.images.append(later)
        let failure = #expect(throws: CallFailure.self) {
            try scene.runner.call("get_disks", [.string(scene.vm)])
        }
        #expect(failure?.message.contains("image \(name) has all of it") == true, "\(failure)")
        let orphans = try scene.runner.operatorRecovery(journal: true).orphans()
        let reasons = Dictionary(uniqueKeysWithValues: orphans.map { ($0.name, $0.reason) })
        #expect(reasons[name]?.hasPrefix("the last copy") == true, "\(reasons)")
        #expect(reasons[later.tags[0]]?.contains("whose last copy is image \(name)") == true)
    }

    /// Somebody gives the image's name to another one. Returns its place among all, and the name.
    private func giveNameAway() throws -> (index: Int, name: String) {
        let index = try #require(
            scene.docker.state.images.lastIndex { $0.tags.contains { $0.hasPrefix("vm-") } })
        let name = try #require(scene.docker.state.images[index].tags.first)
        scene.docker.state.images[index].tags = []
        scene.docker.state.images.append(
            FakeDocker.State.Image(
                id: "sha256:another", created: scene.docker.state.newTime(), tags: [name],
                labels: ["io.bosh.vm": ""]))
        return (index, name)
    }

    @Test("without its name is deleted with the VM: nothing stays open")
    func unnamedAndDeleted() throws {
        _ = try giveNameAway()
        #expect(try scene.runner.call("delete_vm", [.string(scene.vm)]) == .null)
        #expect(try scene.runner.call("has_vm", [.string(scene.vm)]) == false)
        try scene.runner.recover()
        #expect(try scene.runner.journal().open().isEmpty)
    }

    @Test("is found without its name, which somebody has given away, and back when it has it again")
    func unnamed() throws {
        let (index, name) = try giveNameAway()
        let id = scene.docker.state.images[index].id.dropFirst("sha256:".count).prefix(12)
        let failure = #expect(throws: CallFailure.self) {
            try scene.runner.call("reboot_vm", [.string(scene.vm)])
        }
        #expect(
            failure?.message.contains("next: docker tag \(id) \(name), then cpi-admin recover")
                == true,
            "\(String(describing: failure))")
        #expect(throws: (any Error).self) { try scene.runner.recover() }
        #expect(try scene.runner.call("has_vm", [.string(scene.vm)]) == true)
        #expect(scene.container == nil)
        let orphans = try scene.runner.orphans(journal: true)
        #expect(!orphans.contains { $0.name == name }, "the other image is nobody's copy of a VM")
        scene.docker.name(scene.docker.state.images[index].id, name)
        try scene.runner.recover()
        #expect(scene.container?.isRunning == true && scene.read(Scene.layerFile) == "layer")
    }

    @Test("keeps the disks that it had: they are neither deleted nor attached elsewhere")
    func keepsDisks() throws {
        for (method, arguments) in [
            ("delete_disk", [.string(first)]), ("attach_disk", [.string(second), .string(first)]),
        ] as [(String, [JSON])] {
            for runner in [scene.runner, machine] {
                let failure = #expect(throws: CallFailure.self) {
                    try runner.call(method, arguments)
                }
                #expect(
                    failure?.message.contains("VM \(scene.vm) has it mounted, or mounts it")
                        == true,
                    "\(String(describing: failure))")
            }
        }
        #expect(scene.docker.state.volumes[first] != nil)
        try scene.runner.recover()
        #expect(
            try scene.runner.call("get_disks", [.string(scene.vm)])
                == JSON([first, scene.disk].sorted()))
    }

    @Test("is made again as it was where the disk that was to be attached is gone")
    func diskIsGone() throws {
        scene.docker.state.volumes[scene.disk] = nil
        try scene.runner.recover()
        #expect(scene.container?.isRunning == true && scene.read(Scene.layerFile) == "layer")
        let operation = try scene.runner.lastOperation()
        #expect(operation.state == .rolledBack)
        #expect(operation.error?.contains("disk \(scene.disk) is gone") == true)
        #expect(try scene.runner.call("get_disks", [.string(scene.vm)]) == [.string(first)])
        #expect(scene.docker.state.volumes[scene.disk] == nil, "Docker would make an empty one")
    }

    @Test("is made again as it was, if an operator wants so; also when that is interrupted")
    func wished() throws {
        scene.docker.onRequest = { _, request in
            request.path.hasSuffix("/start") ? .kill : nil
        }
        try? scene.runner.recover(.backward)
        scene.docker.revive()
        try scene.runner.recover()
        #expect(scene.container?.isRunning == true && scene.read(Scene.layerFile) == "layer")
        #expect(try scene.runner.lastOperation().state == .rolledBack)
        #expect(try scene.runner.call("get_disks", [.string(scene.vm)]) == [.string(first)])
    }

    @Test("is there for has_vm also when recovery has given up, and doctor names it")
    func givenUp() throws {
        scene.docker.state.volumes[first] = nil
        for _ in 1...7 { try? scene.runner.recover() }
        #expect(try scene.runner.lastOperation().state == .parked)
        let recovery = try scene.runner.operatorRecovery(journal: true)
        for one in try recovery.cases(nil, nil) {
            #expect(throws: (any Error).self) { try recovery.settle(one, nil) }
        }
        #expect(try scene.runner.call("has_vm", [.string(scene.vm)]) == true)
        let findings = try recovery.inspection.diagnose()
        #expect(
            findings.contains {
                $0.what == "vm \(scene.vm)" && $0.words.contains("has all of it")
            }, "\(findings)")
    }

    @Test(
        "does not start on an empty volume that Docker makes for one which goes in this moment",
        arguments: ["disk", "ephemeral"])
    func madeAnew(what: String) throws {
        let name = what == "disk" ? first : "\(scene.vm)-ephemeral"
        let volume = try #require(scene.docker.state.volumes[name])
        scene.before({ $0.method == "POST" && $0.path.hasSuffix("/containers/create") }) {
            [scene] in
            scene.docker.state.volumes[name] = nil
        }
        let failure = #expect(throws: StepFailure.self) { try scene.runner.recover() }
        let words = "\(String(describing: failure?.cause))"
        #expect(words.contains("volume \(name) of VM"), "\(words)")
        #expect(scene.docker.state.volumes[name] == nil)
        #expect(scene.docker.state.container(VMCID(scene.vm).replacement) == nil)
        scene.docker.state.volumes[name] = volume
        try scene.runner.recover()
        #expect(scene.container?.isRunning == true && scene.read(Scene.layerFile) == "layer")
    }

    @Test("nor where whoever had the container made was killed right then")
    func madeAnewAndKilled() throws {
        let volume = try #require(scene.docker.state.volumes[first])
        scene.docker.onRequest = { [scene, first] _, request in
            guard request.method == "POST", request.path.hasSuffix("/containers/create") else {
                return nil
            }
            scene.docker.state.volumes[first] = nil
            return .killAfter
        }
        try? scene.runner.recover()
        scene.docker.revive()
        #expect(scene.docker.state.container(VMCID(scene.vm).replacement) != nil)
        let failure = #expect(throws: StepFailure.self) { try scene.runner.recover() }
        let words = "\(String(describing: failure?.cause))"
        #expect(words.contains("volume \(first) of VM"), "\(words)")
        #expect(scene.docker.state.volumes[first] == nil)
        scene.docker.state.volumes[first] = volume
        try scene.runner.recover()
        #expect(scene.container?.isRunning == true && scene.read(Scene.layerFile) == "layer")
    }

    @Test("is not what somebody runs from that image under the VM's name")
    func runByHand() throws {
        let image = try #require(
            scene.docker.state.imageTags.first { $0.hasPrefix(scene.vm + ":") })
        try scene.docker.apart {
            let made = try scene.docker.engine.createContainer(scene.vm, ["Image": .string(image)])
            try scene.docker.engine.startContainer(made.id)
        }
        for _ in 1...(Settler.maximalAttempts + 2) { try? scene.runner.recover() }
        #expect(try scene.runner.journal().open().map(\.state) == [.parked])
        try scene.docker.engine.removeContainer(scene.vm, force: true)
        #expect(try scene.runner.call("has_vm", [.string(scene.vm)]) == true)
        let recovery = try scene.runner.operatorRecovery(journal: true)
        for one in try recovery.cases(nil) { _ = try recovery.settle(one) }
        #expect(scene.container?.isRunning == true && scene.read(Scene.layerFile) == "layer")
        #expect(try scene.runner.call("get_disks", [.string(scene.vm)]).array?.count == 2)
    }

    @Test("gets no disk back that another VM has by now, however often it is tried")
    func givenAway() throws {
        let disk = scene.disk
        _ = try machine.call("attach_disk", [.string(second), .string(disk)])
        for _ in 1...2 {
            try? scene.runner.recover()
            #expect(scene.container == nil)
            #expect(scene.docker.state.container(VMCID(scene.vm).replacement) == nil)
        }
        #expect(try !scene.runner.journal().open().isEmpty)
        _ = try machine.call("detach_disk", [.string(second), .string(disk)])
        try scene.runner.recover()
        #expect(scene.container?.isRunning == true && scene.read(Scene.layerFile) == "layer")
    }

    @Test("does not start again where another machine made its container in the same moment")
    func sameMoment() throws {
        scene.before({ request in
            request.path.hasSuffix("/containers/create")
                && request.query.contains { $0.value.hasSuffix(".next") }
        }) {
            _ = try machine.call("attach_disk", [.string(second), .string(scene.disk)])
        }
        for _ in 1...2 {
            try? scene.runner.recover()
            let made = scene.docker.state.container(VMCID(scene.vm).replacement)
            #expect(made?.isRunning == false && scene.container == nil)
        }
        #expect(scene.docker.state.container(second)?.isRunning == true)
    }

    /// Detached by replacement, and pruned before the commit: what there is was committed by the attach before.
    @Test(
        "an image of an older state is called so, and the disk that was to be detached is the VM's still"
    )
    func olderState() throws {
        let scene = try Scene.attached()
        scene.before({ $0.path.hasSuffix("/commit") }) { [scene] in
            scene.docker.state.containers.removeAll { $0.name.hasPrefix(scene.vm) }
        }
        _ = try? scene.detach()
        #expect(scene.docker.state.imageTags.contains { $0.hasPrefix(scene.vm + ":") })
        let failure = #expect(throws: CallFailure.self) {
            try scene.runner.call("reboot_vm", [.string(scene.vm)])
        }
        #expect(failure?.message.contains("an older state") == true, "\(failure)")
        #expect(failure?.message.contains("has all of") == false)
        #expect(throws: CallFailure.self) {
            try scene.runner.call("delete_disk", [.string(scene.disk)])
        }
        #expect(scene.docker.state.volumes[scene.disk] != nil)
        #expect(try scene.runner.lastOperation().method == "delete_disk")
        #expect(try scene.runner.journal().open().map(\.state) == [.parked])
        _ = try scene.runner.call("delete_vm", [.string(scene.vm)])
        _ = try scene.runner.call("delete_disk", [.string(scene.disk)])
        #expect(scene.docker.state.volumes[scene.disk] == nil)
    }
}
