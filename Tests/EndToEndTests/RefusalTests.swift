import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    @Suite("Bad input gets a clear answer, and nothing is half made")
    struct RefusalTests {
        private static let cpi = "Bosh::Clouds::CpiError"

        @Test(
            "A request that is not one is answered, with exit code 0",
            arguments: [
                "", " \n", "{", #"{"method":"info","arg"#, "[]", "null", "17", #""info""#,
                #"{"method":"has_vm","arguments":{"vm":"vm-1"}}"#, #"{"arguments":[]}"#,
                #"{"method":7,"arguments":[]}"#, #"{"method":"info","arguments":[],"context":3}"#,
                #"{"method":"info","arguments":[],"api_version":"2"}"#,
                #"{"method":"has_vm","arguments":[]}"#,
                #"{"method":"has_vm","arguments":[null]}"#, #"{"method":"has_vm","arguments":[5]}"#,
                #"{"method":"create_disk","arguments":["1024",{},"vm-1"]}"#,
                #"{"method":"create_disk","arguments":[0,{},"vm-1"]}"#,
                #"{"method":"create_disk","arguments":[-5,{},"vm-1"]}"#,
                #"{"method":"create_disk","arguments":[1.5,{},"vm-1"]}"#,
                #"{"method":"create_disk","arguments":[1024,[],"vm-1"]}"#,
                #"{"method":"resize_disk","arguments":["disk-1",0]}"#,
                #"{"method":"set_vm_metadata","arguments":["vm-1","x"]}"#,
            ])
        func requests(_ text: String) throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let answer = try rig.send(Array(text.utf8))
            #expect(answer.exitCode == 0)
            #expect(answer.errorType == Self.cpi, "\(answer.stdout)")
            #expect(!answer.errorMessage.isEmpty)
            #expect(answer.json.object?.keys.sorted() == ["error", "log", "result"])
            #expect(answer.json["log"] == "" && answer.mayRetry == false)
        }

        @Test(
            "A CID that Docker or a file name would misread is refused before either sees it",
            arguments: [
                "../vm-1", "a/b", "..", ".", "vm 1", "vm\"1", "vm'1", "vm\n1", "vm\u{0}1", "-rf",
                "ü1",
                "vm-1?force=1", "vm%2f1", String(repeating: "v", count: 5_000),
            ])
        func hostileNames(_ cid: String) throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            for (method, arguments) in [
                ("has_vm", [.string(cid)]), ("delete_vm", [.string(cid)]),
                ("delete_disk", [.string(cid)]), ("attach_disk", [.string(cid), "disk-1"]),
                ("detach_disk", ["vm-1", .string(cid)]),
            ] as [(String, JSON)] {
                let answer = try rig.call(method, arguments)
                #expect(answer.errorType == Self.cpi, "\(method): \(answer.stdout.prefix(300))")
                #expect(answer.errorMessage.contains("_cid"), "the argument is named")
                #expect(answer.errorMessage.utf8.count < 300)
            }
        }

        @Test("An argument of 50 MB is read to its end and refused by name")
        func hugeArgument() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let answer = try rig.call(
                "has_vm", [.string(String(repeating: "x", count: 50_000_000))])
            #expect(answer.errorType == Self.cpi && answer.errorMessage.contains("vm_cid"))
        }

        @Test("An unknown method is NotImplemented")
        func unknownMethod() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            for method in ["ping", "run_errand", "current_vm_id", "configure_networks"] {
                #expect(try rig.call(method, []).errorType == "Bosh::Clouds::NotImplemented")
            }
        }

        @Test("create_vm names the argument that is wrong and makes nothing")
        func wrongVMs() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let good = rig.network()
            var noIP = good
            noIP["ip"] = .null
            var badIP = good
            badIP["ip"] = "10.0.0"
            var badMask = good
            badMask["netmask"] = "255.0.255.0"
            let unnamed: JSON = ["type": "dynamic", "cloud_properties": [:]]
            let cases: [(JSON, JSON, String)] = [
                (["memory": "1024"], ["a": good], "cloud_properties.memory"),
                (["memory": 0], ["a": good], "cloud_properties.memory"),
                (["cpus": -1], ["a": good], "cloud_properties.cpus"),
                (["ports": "22/tcp"], ["a": good], "cloud_properties.ports"),
                (["ports": ["99999/tcp"]], ["a": good], "cloud_properties.ports[0]"),
                (["Binds": 3], ["a": good], "cloud_properties.Binds"),
                ([], ["a": good], "cloud_properties"),
                ([:], ["a": noIP], "networks.a.ip"), ([:], ["a": badIP], "networks.a.ip"),
                ([:], ["a": badMask], "networks.a.netmask"),
                ([:], ["a": unnamed], "networks.a.cloud_properties.name"),
                ([:], [:], "networks"), ([:], "x", "networks"),
            ]
            for (properties, networks, name) in cases {
                let answer = try rig.call(
                    "create_vm",
                    ["agent-1", .string(rig.stemcell), properties, networks, [], [:]])
                #expect(answer.errorType == Self.cpi, "\(name): \(answer.stdout)")
                #expect(answer.errorMessage.contains(name), "\(name): \(answer.errorMessage)")
            }
            for stemcell in ["stemcell:", "UPPER", "a b", "x:y:z", "../x"] {
                let answer = try rig.call(
                    "create_vm", ["agent-1", .string(stemcell), [:], ["a": good], [], [:]])
                #expect(answer.errorMessage.contains("stemcell_cid"), "\(answer.stdout)")
            }
            #expect(try rig.engine.network(good["cloud_properties"]["name"].string ?? "") == nil)
        }

        @Test("A disk is mounted in no VM but by attach_disk, however its volume is named")
        func diskByAnotherWay() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let disk = try rig.makeDisk()
            let place = try #require(rig.engine.volume(disk)?.mountpoint)
            let ways: [(String, JSON)] = [
                ("volumes", .string("\(disk):/x")), ("volumes", .string("\(place)/../_data:/x")),
                ("Binds", .string("\(place.dropLast("/_data".count)):/x")),
                ("Mounts", ["Type": "bind", "Source": .string(place + "/."), "Target": "/x"]),
            ]
            for (key, value) in ways {
                let answer = try rig.call(
                    "create_vm",
                    [
                        "agent-1", .string(rig.stemcell), [key: .array([value])],
                        ["a": rig.network()], [], [:],
                    ])
                #expect(
                    answer.errorMessage.contains("\(key)[0] names the persistent disk \(disk)"),
                    "\(answer)")
            }
            #expect(try rig.leftovers(["vm-"]) == [])
        }

        @Test("A create_vm that Docker refuses half way leaves nothing, and is VMCreationFailed")
        func failedCreation() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let network = rig.network()
            let name = network["cloud_properties"]["name"].string ?? ""
            let before = try rig.leftovers(["vm-"])
            // podman has one runtime for all containers, and looks for binds earlier.
            let isPodman = try TestEngine.isPodman
            let runtime: [(JSON, String)] = [(["Runtime": "no-such-runtime"], "create container")]
            for (properties, said) in (isPodman ? [] : runtime) + [
                (["CpusetCpus": "999"], "create container"),
                (["Binds": ["/proc/none:/x"]], isPodman ? "create container" : "put settings"),
            ] {
                let arguments = rig.vmArguments(network, properties: properties)
                let answer = try rig.call("create_vm", arguments)
                #expect(answer.errorType == "Bosh::Clouds::VMCreationFailed", "\(answer.stdout)")
                #expect(answer.mayRetry == false)
                #expect(answer.errorMessage.contains(said), "\(answer.errorMessage)")
                #expect(answer.errorMessage.contains("cpi-admin journal show"))
                #expect(try rig.leftovers(["vm-"]) == before)
                #expect(try rig.engine.network(name) == nil, "the network that it made goes too")
            }
            let missing = try rig.call(
                "create_vm", ["agent-1", "stemcell:none", [:], ["a": network], [], [:]])
            #expect(missing.errorType == "Bosh::Clouds::VMCreationFailed")
            #expect(missing.errorMessage.contains("stemcell:none"))
        }

        @Test("An address in use is refused with the name of the VM that has it")
        func addressInUse() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let network = rig.network()
            let vm = try rig.makeVM(network)
            let before = try rig.leftovers(["vm-"])
            let answer = try rig.call("create_vm", rig.vmArguments(network))
            #expect(
                answer.errorType == "Bosh::Clouds::VMCreationFailed" && answer.mayRetry == false)
            #expect(answer.errorMessage.contains("held by \(vm)"), "\(answer.errorMessage)")
            #expect(try rig.leftovers(["vm-"]) == before)
        }

        @Test("A network with another subnet, or one that overlaps, is an error naming both")
        func networkConflicts() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let network = rig.network()
            _ = try rig.makeVM(network)
            let ip = network["ip"].string ?? ""
            var other = network
            other["netmask"] = "255.255.255.128"
            (other["ip"], other["gateway"]) = ("10.247.0.10", "10.247.0.1")
            let differs = try rig.call("create_vm", rig.vmArguments(other)).errorMessage
            #expect(differs.contains("/24") && differs.contains("/25"), "\(differs)")
            (other["ip"], other["gateway"]) = (network["ip"], network["gateway"])
            other["cloud_properties"] = ["name": "cpi-e2e-overlap"]
            let overlaps = try rig.call("create_vm", rig.vmArguments(other)).errorMessage
            let name = network["cloud_properties"]["name"].string ?? "?"
            #expect(overlaps.contains("overlap") && overlaps.contains(name), "\(overlaps) \(ip)")
            #expect(try rig.engine.network("cpi-e2e-overlap") == nil)
        }

        @Test("A stemcell's image that is missing, empty or no archive leaves no image behind")
        func badImages() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let before = try rig.leftovers(["stemcell:"])
            let garbage = [UInt8](repeating: 0x41, count: 100_000)
            let truncated = try Data(contentsOf: URL(fileURLWithPath: StemcellTrait.image)).prefix(
                200_000)
            for (name, content) in [
                ("none", nil), ("empty", []), ("garbage", garbage),
                ("gzip", [0x1f, 0x8b] + garbage),
                ("truncated", Array(truncated)),
            ] as [(String, [UInt8]?)] {
                let path = rig.directory + "/" + name
                if let content { try Data(content).write(to: URL(fileURLWithPath: path)) }
                let answer = try rig.call("create_stemcell", [.string(path), ["name": "x"]])
                #expect(answer.errorType == "Bosh::Clouds::CloudError", "\(name): \(answer.stdout)")
                #expect(try rig.leftovers(["stemcell:"]) == before, "\(name)")
            }
        }
    }
}
