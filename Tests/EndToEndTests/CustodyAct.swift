import Foundation
import Testing

@testable import Engine

/// What somebody else does to a VM while the CPI is at work on it.
enum CustodyAct: String, CaseIterable, Sendable {
    case startOld, startReplacement, stop, kill, pause, restart, rename
    case pruneContainers, pruneImages, removeMark
    /// The daemon is killed and started again. Only for an Engine of dev/engine.
    case daemon

    static let usable = allCases.filter { act in
        act != .daemon || TestEngine.all.allSatisfy { $0.privateName != nil }
    }

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
        case .daemon:
            try custody.rig.testEngine.daemon("kill")
            try custody.rig.testEngine.daemon("resume")
        }
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

    static let methods = ["attach_disk", "detach_disk", "reboot_vm"]

    var method: String
    /// The n-th of the requests that change something.
    var number: Int
    var act: CustodyAct
    /// The CPI is killed there; else it goes on.
    var isKilled: Bool
    var way: Way

    /// What CUSTODY_CASE is set to for this one alone.
    var testDescription: String {
        "\(method):\(number):\(act.rawValue):\(isKilled ? "killed" : "goesOn"):\(way.rawValue)"
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
        (self.method, self.number, self.act) = (method, number, act)
        (self.isKilled, self.way) = (isKilled, way)
    }

    static let only = ProcessInfo.processInfo.environment["CUSTODY_CASE"]

    /// Each act in two methods, and in each method all requests but the last few.
    static let sample: [CustodyCase] = {
        let spread = CustodyAct.usable.enumerated().flatMap { (index, act) in
            methods.enumerated().compactMap { (place, method) -> CustodyCase? in
                guard (index + place) % 3 != 2 else { return nil }
                let requests = method == "reboot_vm" ? 3 : 8
                return CustodyCase(
                    method: method, number: 1 + (index * 3 + place * 5) % requests, act: act,
                    isKilled: (index + place) % 2 == 0, way: Way.allCases[index % 3])
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
