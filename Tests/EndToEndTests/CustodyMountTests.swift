import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    /// What is mounted, and what a commit would lose.
    @Suite("Custody: what a VM has is in the container that takes over")
    struct CustodyMountTests {
        private let volumes: JSON = [
            "Binds": ["/anonbind"], "Mounts": [["Type": "volume", "Target": "/anonmount"]],
        ]
        private let fill = "echo bind >/anonbind/file; echo mount >/anonmount/file"

        private func checkFiles(_ custody: Custody) throws {
            let files = try custody.rig.shell(custody.vm, "cat /anonbind/file /anonmount/file")
            #expect(files == "bind\nmount")
        }

        @Test("every mount of the old container is in the new one")
        func anonymousVolumes() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let before = Set(try rig.engine.volumes([:]).map(\.name))
            let custody = try Custody(rig, properties: volumes, prepare: fill)
            for place in ["/anonbind", "/anonmount"] {
                let mount = custody.before.mounts.first { $0.destination == place }
                #expect(mount?.name.hasPrefix(custody.vm) == true, "\(place) is the VM's by name")
            }
            for method in ["attach_disk", "detach_disk"] {
                try rig.result(method, custody.arguments(method))
                try custody.check()
                try checkFiles(custody)
            }
            try rig.result("delete_vm", [.string(custody.vm)])
            let left = Set(try rig.engine.volumes([:]).map(\.name)).subtracting(before)
            #expect(left == [custody.disk], "they go with the VM")
        }

        @Test("every mount of a container that somebody else made is in the new one, too")
        func strangersVolumes() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let custody = try Custody(rig).remade { host in
                let own = volumes["Binds"].array ?? []
                host["Binds"] = .array((host["Binds"].array ?? []) + own)
                host["Mounts"] = volumes["Mounts"]
            }
            let names = custody.before.mounts.filter(\.isAnonymous).map(\.name)
            try #require(names.count == 2)
            rig.later(.disks) { names.forEach { try? rig.engine.removeVolume($0) } }
            _ = try rig.shell(custody.vm, "\(fill); sync")
            try rig.result("attach_disk", custody.arguments("attach_disk"))
            try custody.check()
            try checkFiles(custody)
        }

        @Test("what the VM has below the place of a new disk does not get into the disk")
        func belowTheDisk() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let custody = try Custody(rig)
            let place = "/warden-cpi-dev/\(custody.disk)"
            _ = try rig.shell(custody.vm, "mkdir -p \(place); echo hidden >\(place)/file; sync")
            try rig.result("attach_disk", custody.arguments("attach_disk"))
            #expect(try rig.shell(custody.vm, "ls -A \(place)") == "")
            try rig.result("detach_disk", custody.arguments("detach_disk"))
            #expect(try rig.shell(custody.vm, "cat \(place)/file") == "hidden")
        }

        @Test(
            "a file that a commit would take for a removal is kept, or refused by its path")
        func whiteout() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let custody = try Custody(rig, prepare: "echo odd >/etc/.wh.passwd")
            let passwd = try rig.shell(custody.vm, "cat /etc/passwd")
            let started = custody.before.startedAt
            let answer = try rig.call("attach_disk", custody.arguments("attach_disk"))
            if !answer.json["error"].isNull {
                #expect(answer.errorMessage.contains("/etc/.wh.passwd"), "\(answer.stdout)")
                let now = try rig.engine.inspectContainer(custody.vm)
                #expect(now.startedAt == started, "refused before anything was stopped")
            }
            try custody.check()
            #expect(try rig.shell(custody.vm, "cat /etc/passwd") == passwd)
            #expect(try rig.shell(custody.vm, "cat /etc/.wh.passwd") == "odd")
            #expect(try rig.leftovers([custody.vm]).filter { $0.contains(".") } == [])
        }

        /// A container that is no VM, with a volume of its own at /shared.
        private func helper(_ rig: Rig) throws -> String {
            let name = "custody-e2e-\(UUID().uuidString.lowercased())"
            rig.later(.disks) {
                try? Outsider(engine: rig.engine).remove(name)
                try? rig.engine.removeVolume(name)
            }
            let spec: JSON = [
                "Image": .string(rig.stemcell), "Cmd": ["true"],
                "HostConfig": ["Binds": [.string("\(name):/shared")]],
            ]
            try rig.engine.post("/containers/create", [("name", name)], spec)
            return name
        }

        @Test("read-only stays read-only, and propagation what it was")
        func options() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let helper = try helper(rig)
            let own = rig.directory + "/own"
            try FileManager.default.createDirectory(
                atPath: own, withIntermediateDirectories: false)
            let properties: JSON = [
                "VolumesFrom": [.string("\(helper):ro")],
                "Binds": [.string("\(own):/bound:ro,private")],
                "Mounts": [
                    [
                        "Type": "bind", "Source": .string(own), "Target": "/mounted",
                        "ReadOnly": true, "BindOptions": ["Propagation": "private"],
                    ]
                ],
            ]
            let custody = try Custody(rig, properties: properties)
            for method in ["attach_disk", "detach_disk"] {
                try rig.result(method, custody.arguments(method))
                try custody.check()
                for place in ["/shared", "/bound", "/mounted"] {
                    let script = "touch \(place)/x 2>/dev/null && echo written || echo refused"
                    #expect(try rig.shell(custody.vm, script) == "refused", "\(place): \(method)")
                }
            }
        }

        @Test("a VM that names another VM's disk or volumes is refused by the key")
        func othersVolumes() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let custody = try Custody(rig, attached: true)
            let (vm, disk) = (custody.vm, custody.disk)
            func mount(_ source: String) -> JSON {
                [["Type": "volume", "Source": .string(source), "Target": "/other"]]
            }
            let refused: [(JSON, String)] = [
                (["VolumesFrom": [.string("\(vm):ro")]], "VolumesFrom[0]"),
                (["VolumesFrom": [.string(custody.before.id)]], "VolumesFrom[0]"),
                (["Binds": [.string("\(disk):/other")]], "Binds[0]"),
                (["Binds": ["/tmp:/t", .string("\(vm)-ephemeral:/other:ro")]], "Binds[1]"),
                (["Mounts": mount(disk)], "Mounts[0]"),
                (["Mounts": mount("\(vm)-ephemeral")], "Mounts[0]"),
            ]
            let there = try rig.leftovers(["vm-"])
            for (properties, key) in refused {
                let arguments = rig.vmArguments(rig.network(), properties: properties)
                let answer = try rig.call("create_vm", arguments)
                #expect(answer.errorMessage.contains(key), "\(key): \(answer.stdout)")
                if let made = answer.result.array?.first { _ = try rig.call("delete_vm", [made]) }
                #expect(try rig.leftovers(["vm-"]) == there, "\(key)")
            }
            try custody.check()
        }
    }
}
