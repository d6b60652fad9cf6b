import Foundation
import Testing

@testable import Engine

extension Rig {
    /// A rig whose CPI attaches disks while VMs run. `pin`: what `disks.pin` says.
    static func live(on engine: TestEngine? = nil, pin: String = "attached") throws -> Rig {
        try Rig(on: engine) {
            $0["attach"] = "auto"
            $0["disks"] = ["pin": .string(pin)]
        }
    }

    func set(_ change: (inout JSON) -> Void) throws {
        var changed = configuration
        change(&changed)
        try save(changed)
    }

    /// A VM whose agent is up, and a disk.
    func vmAndDisk(_ properties: JSON = [:]) throws -> (vm: String, disk: String) {
        let vm = try makeVM(network(), properties: properties)
        let disk = try makeDisk()
        try awaitAgent(vm)
        return (vm, disk)
    }

    /// A VM with a disk that its agent has mounted, with a file on it.
    func vmWithLiveDisk(_ properties: JSON = [:]) throws -> (vm: String, disk: String) {
        let (vm, disk) = try vmAndDisk(properties)
        try attach(vm, disk)
        _ = try shell(vm, "echo precious >/var/vcap/store/file; sync")
        return (vm, disk)
    }

    /// As a director does it, without waiting for the agent.
    func attach(_ vm: String, _ disk: String) throws {
        let hint = try result("attach_disk", [.string(vm), .string(disk)]).string ?? ""
        try mountInAgent(vm, disk, hint: hint)
    }

    /// When process 1 began, which agent runs, and which container it is: as long as it stays the
    /// same nothing was restarted.
    func heart(_ vm: String) throws -> String {
        let agent = "$(cat /run/bosh-agent.booted)"
        let inside = try shell(
            vm, "cut -d ' ' -f 22 /proc/1/stat; echo \(agent); cut -d ' ' -f 22 /proc/\(agent)/stat"
        )
        return try engine.inspectContainer(vm).id + inside
    }

    /// The lines of a VM's mountinfo that are of the disk: where it is mounted.
    func places(_ disk: String, in vm: String) throws -> [String] {
        try shell(vm, "cat /proc/self/mountinfo").split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            return fields.count > 4 && fields[3].contains("/\(disk)/_data")
                ? String(fields[4]) : nil
        }
    }

    func containerRuns(_ name: String) throws -> Bool? { try engine.container(name)?.isRunning }

    /// The plan of the newest operation of a method, as `journal show` has it.
    func plan(_ method: String) throws -> JSON { try story(method)["plan"] }
}
