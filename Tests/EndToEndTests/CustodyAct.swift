import Foundation
import Testing

@testable import Engine

/// What somebody else does to a VM while the CPI is at work on it.
enum CustodyAct: String, CaseIterable, Sendable {
    case startOld, startReplacement, stop, kill, pause, restart, rename
    case pruneContainers, pruneImages, removeMark
    /// What there is of a disk that was attached while the VM ran: its pin, its place on the VM's list,
    /// its mount.
    case removePin, unlist, unmount
    /// The daemon is killed and started again. Only for an Engine of dev/engine.
    case daemon

    static let usable = allCases.filter { act in
        act != .daemon || TestEngine.all.allSatisfy { $0.privateName != nil }
    }

    /// Done to a live disk by somebody else, who may not ask then where it is.
    var isOfLiveDisk: Bool { [.removePin, .unlist, .unmount].contains(self) }

    /// Whoever does this wants the VM to be down, or knows that it will be.
    var leavesDown: Bool { [.stop, .kill, .daemon].contains(self) }

    /// A request of somebody else may be refused by Docker; that is nobody's fault.
    func happen(to custody: Custody) throws {
        let outsider = custody.outsider
        let running = try custody.running()
        let name = custody.vm
        switch self {
        case .startOld: try? outsider.start(custody.before.id)
        case .startReplacement:
            if let next = try custody.replacement() { try? outsider.start(next.id) }
        case .stop: for id in running { try? outsider.stop(id) }
        case .kill: for id in running { try? outsider.kill(id) }
        case .pause: for id in running { try? outsider.pause(id) }
        case .restart: for id in running { try? outsider.restart(id) }
        case .rename: try? outsider.rename(name, to: "\(name)-renamed")
        case .pruneContainers: try outsider.pruneContainers()
        case .pruneImages: try outsider.pruneImages(sparing: custody.rig.stemcell)
        case .removeMark: try? custody.rig.engine.removeVolume("\(name).op")
        case .removePin: try? outsider.remove("\(custody.disk).pin")
        case .unlist: inVM(custody, "rm -rf /var/vcap/bosh/live_disks")
        case .unmount: inVM(custody, "umount /warden-cpi-dev/\(custody.disk)")
        case .daemon:
            try custody.rig.testEngine.daemon("kill")
            try custody.rig.testEngine.daemon("resume")
        }
    }

    private func inVM(_ custody: Custody, _ script: String) {
        _ = try? custody.rig.engine.exec(custody.vm, ["/bin/sh", "-c", script], seconds: 10)
    }

    /// What the same somebody does a little later.
    func end(_ custody: Custody) throws {
        guard self == .pause else { return }
        for container in try custody.containers() where container.status == "paused" {
            try custody.outsider.unpause(container.id)
        }
    }
}

/// An act at one request of a call, what becomes of the call, and how the world is settled then.
struct CustodyCase: CustomTestStringConvertible, Sendable {
    enum Way: String, CaseIterable, Sendable {
        case nextCall, recover, noJournal
    }

    static let methods = [
        "attach_disk", "detach_disk", "reboot_vm", "live_attach_disk", "live_detach_disk",
    ]

    /// One of `methods`.
    var name: String
    /// Disks come and go while the VM runs.
    var isLive: Bool { name.hasPrefix("live_") }
    var method: String { isLive ? String(name.dropFirst("live_".count)) : name }
    /// The n-th of the requests that change something.
    var number: Int
    var act: CustodyAct
    /// The CPI is killed there; else it goes on.
    var isKilled: Bool
    var way: Way

    /// What CUSTODY_CASE is set to for this one alone.
    var testDescription: String {
        "\(name):\(number):\(act.rawValue):\(isKilled ? "killed" : "goesOn"):\(way.rawValue)"
    }

    /// The reverse of `testDescription`.
    init?(_ text: String) {
        let parts = text.split(separator: ":").map(String.init)
        guard parts.count == 5, CustodyCase.methods.contains(parts[0]), let number = Int(parts[1]),
            let act = CustodyAct(rawValue: parts[2]), let way = Way(rawValue: parts[4])
        else { return nil }
        self.init(
            method: parts[0], number: number, act: act, isKilled: parts[3] == "killed", way: way)
    }

    init(method: String, number: Int, act: CustodyAct, isKilled: Bool, way: Way) {
        (self.name, self.number, self.act) = (method, number, act)
        (self.isKilled, self.way) = (isKilled, way)
    }

    static let only = ProcessInfo.processInfo.environment["CUSTODY_CASE"]

    /// A disk that is not live has no pin, and is on no list.
    static func isPossible(_ act: CustodyAct, _ method: String) -> Bool {
        !act.isOfLiveDisk || method.hasPrefix("live")
    }

    /// Each act in one method or two, and in each method all requests but the last few.
    static let sample: [CustodyCase] = {
        let spread = CustodyAct.usable.enumerated().flatMap { (index, act) in
            methods.enumerated().compactMap { (place, method) -> CustodyCase? in
                guard (index + place) % 3 == 0, isPossible(act, method) else { return nil }
                let requests =
                    ["reboot_vm": 3, "live_attach_disk": 3, "live_detach_disk": 2][method] ?? 8
                return CustodyCase(
                    method: method, number: 1 + (index * 3 + place * 5) % requests, act: act,
                    isKilled: (index + place) % 2 == 0, way: Way.allCases[(index / 3 + place) % 3])
            }
        }
        // Each of these lost something once.
        let known = [
            "attach_disk:3:pruneContainers:goesOn:recover",
            "attach_disk:4:pruneContainers:killed:nextCall",
            "detach_disk:5:startReplacement:killed:noJournal",
        ]
        return spread + known.compactMap { CustodyCase($0) }
    }()
}
