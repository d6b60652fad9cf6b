import Testing

@testable import Engine

extension EndToEnd {
    /// A director that was not answered asks again, for the same address: bosh create-env has no other.
    @Suite("The address of a VM whose create_vm has no outcome in the journal")
    struct UnansweredVMTests {
        let rig: Rig
        let network: JSON

        init() throws {
            rig = try Rig()
            network = rig.network()
        }

        @Test("killed before its answer: the next create_vm gets it, before recovery and after")
        func killed() throws {
            defer { rig.tearDown() }
            let proxy = try WireProxy(rig.directory + "/proxy.sock", upstream: rig.socket)
            defer { proxy.stop() }
            for isRecovered in [false, true] {
                proxy.arm("/rename", .killAfter)
                let request = Rig.request("create_vm", rig.vmArguments(network))
                let call = try rig.through(proxy) { try rig.send(request, started: proxy.aim) }
                #expect(proxy.disarm() && call.wasKilled)
                let first = try #require(
                    try rig.engine.containers([:]).flatMap(\.names).first { $0.hasPrefix("vm-") })
                // It leaves it to a person, and takes nothing away of what shows that the call died.
                if isRecovered { #expect(try rig.admin("recover", "--yes").exitCode == 3) }
                let second = try rig.makeVM(network)
                #expect(try second != first && rig.engine.container(first) == nil)
                #expect(try rig.engine.inspectContainer(second).isRunning)
                try rig.result("delete_vm", [.string(second)])
            }
        }

        @Test(
            "answered while the journal's disk was full: it keeps it, for its director has the CID")
        func missed() throws {
            defer { rig.tearDown() }
            let tmpfs = try Tmpfs(rig.directory + "/journal", size: "1m")
            defer { tmpfs.unmount() }
            let vm = try rig.fill(tmpfs, at: "/rename") { try rig.makeVM(network) }
            try rig.result("set_vm_metadata", [.string(vm), ["name": "full"]])
            tmpfs.empty()
            #expect(try rig.admin("journal", "--open").stdout.contains("interrupted"))
            let other = try rig.call("create_vm", rig.vmArguments(network))
            #expect(other.errorMessage.contains("held by \(vm)"), "\(other.stdout)")
            #expect(try rig.engine.inspectContainer(vm).isRunning)
        }
    }
}
