import Engine
import Journal

@testable import CPI
@testable import Support

/// Sees all that a call and others do to a world, and says afterwards what is wrong: what was
/// written and lost, what ran at once, what was said and is not so.
final class Witness {
    let scene: Scene
    let method: String
    /// The VMs of the scenario as they were before the call, by container id.
    let before: [String: Look]
    /// As they were right after somebody else acted.
    private(set) var afterwards: [String: Look] = [:]
    /// Whether the call had changed something by then.
    private(set) var isLate = false
    private(set) var act: Act?
    private(set) var problems: [String] = []
    private let volumes: [String: FakeDocker.State.Volume]
    /// What somebody else has destroyed with the last copy of it.
    private var destroyed: Set<Int> = []
    /// VMs of which two containers run, and at how many requests in a row that was so.
    private var doubled: [String: Int] = [:]
    /// VMs of which somebody else has started the second one: whichever runs goes on running.
    private var excused: Set<String> = []
    /// Somebody may start the old container right before the call starts the new one: Docker has no
    /// way to exclude that. The call must see it, and stop its own within so many requests.
    private static let grace = 12
    /// Whether a VM that is being made has its name already: somebody may know it.
    var isMade = false

    init(_ scene: Scene, _ method: String, start: FakeDocker.State) {
        self.scene = scene
        self.method = method
        volumes = start.volumes
        before = Witness.looks(start)
    }

    /// The same at this moment, to go on apart from this one.
    func copy() -> Witness { Witness(copying: self) }

    private init(copying other: Witness) {
        (scene, method, before, volumes) = (other.scene, other.method, other.before, other.volumes)
        (afterwards, isLate, act) = (other.afterwards, other.isLate, other.act)
        (problems, destroyed) = (other.problems, other.destroyed)
        (doubled, excused, isMade) = (other.doubled, other.excused, other.isMade)
    }

    private static func looks(_ state: FakeDocker.State) -> [String: Look] {
        Dictionary(
            uniqueKeysWithValues: state.containers
                .filter { !$0.vm.isEmpty }.map { ($0.id, Look($0)) })
    }

    private var docker: FakeDocker { scene.docker }

    /// Whoever runs writes something, and it is seen who runs. To be done at every request.
    func look() {
        docker.stamp()
        let vms = docker.state.containers.map(\.vm)
        for vm in Set(vms) where !vm.isEmpty && !excused.contains(vm) {
            let running = docker.containers(of: vm).filter(\.isRunning)
            doubled[vm] = running.count > 1 ? doubled[vm, default: 0] + 1 : 0
            if doubled[vm] == Witness.grace { noteDoubled(running) }
        }
    }

    /// At the end nothing excuses it.
    private func lookAtTheEnd() {
        for vm in doubled.keys where !excused.contains(vm) {
            let running = docker.containers(of: vm).filter(\.isRunning)
            if running.count > 1 { noteDoubled(running) }
        }
    }

    private func noteDoubled(_ running: [FakeDocker.State.Container]) {
        problems.append("two containers of the VM run at once: \(running.map { role($0) })")
    }

    /// Lets somebody else act. Returns whether anything was changed by it.
    func begin(_ act: Act, isLate: Bool, ownerLives: Bool) throws -> Bool {
        self.act = act
        self.isLate = isLate
        look()
        let changed = try observe(act) {
            let (changed, wrong) = try scene.begin(act)
            problems += wrong
            return changed
        }
        if changed, ownerLives, act == .operatorRecover {
            problems.append("recover was at work on an operation whose owner lives")
        }
        afterwards = Witness.looks(docker.state)
        look()
        return changed
    }

    func end() throws {
        guard let act else { return }
        look()
        try observe(act) { try docker.end(act, on: scene.actedVM) }
        look()
    }

    /// What an operator destroys is no fault of ours; what another CPI destroys is.
    private func observe<T>(_ act: Act, _ body: () throws -> T) rethrows -> T {
        guard !act.isOfCPI else { return try body() }
        let tokens = docker.tokens
        let result = try body()
        destroyed.formUnion(tokens.subtracting(docker.tokens))
        for vm in Set(docker.state.issued.values.map(\.vm))
        where docker.containers(of: vm).filter(\.isRunning).count > 1 { excused.insert(vm) }
        return result
    }

    /// The call that has started a replacement, finds it wanting and goes back gives up what that
    /// one has written by then; unless it was somebody else who started it.
    func forgiveGoingBack() {
        guard act?.starts != true else { return }
        destroyed.formUnion(
            docker.state.issued.filter { before[$0.value.container] == nil }.map(\.key))
    }

    func note(_ problem: String) { problems.append(problem) }

    /// All that is wrong at the end.
    func verdict() throws -> [String] {
        look()
        lookAtTheEnd()
        return Array(
            Set(try problems + lostVolumes() + lostTokens() + lostSnapshots() + leftPaused())
        ).sorted()
    }

    private func lostVolumes() -> [String] {
        guard method != "delete_disk" else { return [] }
        return volumes.values.filter { $0.isDisk && hasChanged($0) }
            .map { _ in "the persistent disk or its content is lost" }
            + volumes.values.filter { $0.ephemeralOf != nil && method != "delete_vm" }
            .filter(hasChanged).map { _ in "the ephemeral disk or its content is lost" }
    }

    private func hasChanged(_ volume: FakeDocker.State.Volume) -> Bool {
        docker.state.volumes[volume.name]?.files != volume.files
    }

    /// A snapshot that is whole goes with delete_snapshot alone; a half made one is never called whole.
    private func lostSnapshots() -> [String] {
        docker.invariants().filter { $0.contains("half made") }
            + volumes.keys.filter {
                SnapshotCID(String($0)).isOurForm && method != "delete_snapshot"
                    && docker.state.volumes[$0]?.files != volumes[$0]?.files
            }.map { _ in "a snapshot or its content is lost" }
    }

    /// By us, that is: an operator's pause is for the operator to end.
    private func leftPaused() -> [String] {
        guard act != .pauseVM, act != .pauseAndUnpauseVM else { return [] }
        return docker.state.containers.contains(where: \.isPaused) ? ["the VM is left paused"] : []
    }

    private func lostTokens() throws -> [String] {
        var problems: [String] = []
        for (vm, tokens) in Dictionary(grouping: docker.state.issued, by: \.value.vm)
        where !isForgotten(vm) {
            let written = Set(tokens.map(\.key)).subtracting(destroyed)
            problems += try lost(written, vm)
        }
        return problems
    }

    private func lost(_ written: Set<Int>, _ vm: String) throws -> [String] {
        let named = docker.state.containers.first { $0.name == vm }
        let elsewhere = written.subtracting(named.map { docker.tokens(of: $0) } ?? [])
        guard !elsewhere.isEmpty else { return [] }
        let carriers =
            docker.containers(of: vm).map {
                Carrier(names: [$0.name, $0.id], role: role($0), tokens: docker.tokens(of: $0))
            }
            + docker.images(of: vm).map {
                Carrier(names: $0.tags + [$0.id], role: "an image", tokens: docker.tokens(of: $0))
            }
        let gone = elsewhere.subtracting(carriers.reduce(into: []) { $0.formUnion($1.tokens) })
        guard gone.isEmpty else { return ["what was written in the VM is lost"] }
        let holders = carriers.filter { !$0.tokens.isDisjoint(with: elsewhere) }
        let spoken = try Spoken(scene, vm)
        return spoken.dangers(isGone: docker.containers(of: vm).isEmpty)
            + (spoken.isAbout(holders)
                ? []
                : [
                    "what was written in the VM is in \(holders.map(\.role).sorted()) alone, "
                        + "and no operation and no orphan says so"
                ])
    }

    /// A VM that is to go, or one that nobody can know yet.
    private func isForgotten(_ vm: String) -> Bool {
        if method == "delete_vm" { return true }
        return method == "create_vm" && !isMade && docker.containers(of: vm).isEmpty
    }

    /// What a container's name says that it is, without what differs from run to run.
    func role(_ container: FakeDocker.State.Container) -> String {
        let vm = container.vm
        if container.name == vm { return "the VM" }
        return container.name.hasPrefix(vm + ".")
            ? String(container.name.dropFirst(vm.count)).replacing(/-[0-9a-f]+$/, with: "")
            : container.name
    }
}

/// What has tokens.
struct Carrier {
    let names: [String]
    let role: String
    let tokens: Set<Int>
}

extension Act {
    /// Done by code of ours, which is to lose nothing.
    var isOfCPI: Bool {
        [.anotherAttach, .anotherDetach, .operatorRecover].contains(self)
    }

    /// May start a replacement that the call has not yet started.
    var starts: Bool {
        [.startVM, .startReplacement, .restartVM, .daemonRestart].contains(self) || isOfCPI
    }
}
