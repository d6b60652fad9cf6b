import Foundation
import Testing

@testable import Engine

/// The course of one case. What is wrong is kept in words.
final class CustodyRun {
    private let one: CustodyCase
    private let custody: Custody
    private var rig: Rig { custody.rig }
    /// Files in root layers, by path, that were written by a container that ran.
    private var tokens = ["/etc/marker"]
    /// No container of the VM was left after the act, and no image of its state either: one of an
    /// earlier operation holds an older state.
    private var isAllGone = false
    private var hasActed = false
    private(set) var needsPerson = false
    private(set) var problems: [String] = []
    private(set) var first: Answer?

    init(_ one: CustodyCase, _ rig: Rig) throws {
        self.one = one
        custody = try Custody(rig, attached: one.method == "detach_disk")
    }

    /// Returns false when the call has fewer requests.
    func carryOut() throws -> Bool {
        defer { scrub() }
        let fault: WireProxy.Fault = one.isKilled ? .killBefore : .pass
        let (answer, isMet) = try custody.strike(
            one.method, custody.arguments(one.method), { $0.arm(effect: one.number, fault) }, act)
        first = answer
        guard isMet, hasActed else { return false }
        expect(answer.wasKilled == one.isKilled, "killed or not: \(answer.stdout)")
        try one.act.end(custody)
        try checkSaid(answer)
        try settle()
        try checkWorld()
        try rig.result("delete_vm", [.string(custody.vm)])
        let left = try rig.leftovers([custody.vm])
        expect(left == [], "delete_vm has left \(left)")
        expect(try rig.engine.volume(custody.disk) != nil, "the disk is lost with the VM")
        return true
    }

    /// Whoever runs writes a token just before and just after.
    private func act() throws {
        hasActed = true
        try writeTokens()
        try one.act.happen(to: custody)
        try writeTokens()
        isAllGone =
            try custody.containers().isEmpty
            && !rig.engine.imageTags(["reference": [custody.vm]]).contains {
                try custody.outsider.image($0, has: "/etc/marker")
            }
    }

    private func writeTokens() throws {
        for container in try custody.containers() where container.status == "running" {
            let path = "/etc/token-\(tokens.count)"
            // One that is just going down writes nothing any more.
            guard (try? custody.outsider.write(container.id, path)) != nil else { continue }
            tokens.append(path)
        }
    }

    /// An answer that is a success, or says that nothing has changed, is true.
    private func checkSaid(_ answer: Answer) throws {
        try checkClaim(answer.errorMessage)
        guard answer.json.object != nil, answer.json["error"].isNull else { return }
        // Somebody may have taken its name away.
        let now =
            try rig.engine.container(custody.vm) ?? custody.containers().first(where: \.isRunning)
        guard !one.act.isOfLiveDisk else { return }
        let isListed = try now.map { try rig.engine.fileSize($0.id, path: list) == 0 } ?? false
        let has = now?.mounts.contains { $0.name == custody.disk } == true || isListed
        switch one.method {
        case "attach_disk": expect(has == true, "attached, it says, and the disk is not mounted")
        case "detach_disk": expect(has == false, "detached, it says, and the disk is mounted")
        default: break
        }
    }

    private var list: String { "/var/vcap/bosh/live_disks/\(custody.disk)" }

    private func checkClaim(_ text: String) throws {
        guard text.contains("everything is as it was before") else { return }
        let now = try rig.engine.container(custody.vm)
        let isSame = now?.id == custody.before.id
        expect(isSame, "as it was before, it says, and the VM is another container")
        guard isSame, let now else { return }
        expect(
            Custody.mounts(now) == Custody.mounts(custody.before)
                && now.restartPolicy == custody.before.restartPolicy,
            "as it was before, it says, and mounts or restart policy are not")
        expect(
            now.isRunning || one.act.leavesDown, "as it was before, it says, and the VM is down")
    }

    private func settle() throws {
        switch one.way {
        case .nextCall:
            var answer = try rig.call(one.method, custody.arguments(one.method))
            // podman tells no addresses of a VM that somebody has stopped.
            if answer.errorMessage.contains("next: reboot_vm, and repeat the call") {
                try rig.result("reboot_vm", [.string(custody.vm)])
                answer = try rig.call(one.method, custody.arguments(one.method))
            }
            try checkSaid(answer)
            needsPerson = isParked()
            expect(
                answer.json["error"].isNull || needsPerson || isAllGone,
                "the next call: \(answer.stdout)")
            if isAllGone {
                let text = answer.errorMessage + (first?.errorMessage ?? "")
                let says =
                    ["all copies", "is an older state"].contains(where: text.contains)
                    || answer.json["error"].isNull
                expect(says || answer.errorType == "Bosh::Clouds::VMNotFound", text)
            }
        case .recover: try recover([])
        case .noJournal:
            try FileManager.default.removeItem(atPath: rig.directory + "/journal")
            try recover(["--from-docker", "--older-than", "0"])
        }
    }

    private func recover(_ words: [String]) throws {
        let recovered = try rig.admin(["recover"] + words + ["--yes"])
        expect([0, 3].contains(recovered.exitCode), "recover: \(recovered)")
        try checkClaim(recovered.stdout)
        needsPerson = recovered.exitCode == 3 || isParked()
        if isAllGone, one.way == .recover {
            expect(needsPerson, "all copies are gone, and no person is called: \(recovered)")
            expect(!recovered.stdout.contains("done: rolled back"), "\(recovered)")
        }
    }

    private func isParked() -> Bool { (try? custody.isParked()) ?? false }

    private func checkWorld() throws {
        let running = try custody.running()
        expect(running.count < 2, "two containers of the VM run")
        for volume in [custody.disk, "\(custody.vm)-ephemeral"] {
            expect(try rig.engine.volume(volume) != nil, "\(volume) is lost")
        }
        for token in tokens where !isAllGone {
            expect(try isKept(token), "\(token) is lost")
        }
        // Without journal and mark nobody can know that it ran.
        let isForgotten = one.act == .removeMark && one.way == .noJournal
        let mayBeDown = one.act.leavesDown || isAllGone || needsPerson || isForgotten
        expect(mayBeDown || running.count == 1, "the VM does not run")
    }

    /// In the VM; or, where a person is called, in whatever there is to be compared.
    private func isKept(_ token: String) throws -> Bool {
        let outsider = custody.outsider
        if let now = try rig.engine.container(custody.vm), try outsider.has(now.id, token) {
            return true
        }
        // Who has taken the name away knows where the VM is.
        guard needsPerson || one.act == .rename else { return false }
        if try custody.containers().contains(where: { try outsider.has($0.id, token) }) {
            return true
        }
        return try rig.engine.imageTags(["reference": [custody.vm]]).contains {
            try outsider.image($0, has: token)
        }
    }

    /// What a failed case leaves is in no other case's way.
    private func scrub() {
        for container in (try? custody.containers()) ?? [] {
            try? custody.outsider.remove(container.id)
        }
        for name in (try? rig.leftovers([custody.vm])) ?? [] {
            if name.contains(":") {
                try? rig.engine.removeImage(name)
            } else {
                try? rig.engine.removeVolume(name)
            }
        }
    }

    private func expect(_ isTrue: Bool, _ otherwise: @autoclosure () -> String) {
        if !isTrue { problems.append(otherwise()) }
    }
}
