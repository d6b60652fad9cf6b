import Engine

@testable import CPI

/// What somebody else does to a VM, with `docker` or by another CPI. Some take two moments: the
/// second one is at the next request.
enum Act: String, CaseIterable, Sendable {
    case startVM, startOld, startReplacement, stopVM, killVM, restartVM, pauseVM
    case pauseAndUnpauseVM, unpauseVM, removeCopier, renameVM, renameVMAndBack, daemonRestart
    case containerPrune, imagePrune, imagePruneAll, removeMark, removeNetwork
    case removePin, unlistDisk, unmountDisk
    case anotherAttach, anotherDetach, operatorRecover
}

extension Act: CustomStringConvertible {
    var description: String {
        switch self {
        case .startVM: "docker start of the VM"
        case .startOld: "docker start of the container that was replaced"
        case .startReplacement: "docker start of a container that has not the VM's name yet"
        case .stopVM: "docker stop of the VM"
        case .killVM: "docker kill of the VM"
        case .restartVM: "docker restart of the VM"
        case .pauseVM: "docker pause of the VM"
        case .pauseAndUnpauseVM: "docker pause and unpause of the VM"
        case .unpauseVM: "docker unpause of the VM"
        case .removeCopier: "docker rm --force of a container that copies"
        case .renameVM: "docker rename of the VM"
        case .renameVMAndBack: "docker rename of the VM, and back"
        case .daemonRestart: "restart of the daemon"
        case .containerPrune: "docker container prune"
        case .imagePrune: "docker image prune"
        case .imagePruneAll: "docker image prune --all"
        case .removeMark: "docker volume rm of the mark"
        case .removeNetwork: "docker network rm"
        case .removePin: "docker rm of a disk's pin"
        case .unlistDisk: "removal of the VM's list of disks"
        case .unmountDisk: "umount of a disk in the VM"
        case .anotherAttach: "has_vm and attach_disk by another CPI"
        case .anotherDetach: "detach_disk by another CPI"
        case .operatorRecover: "cpi-admin recover"
        }
    }

    /// Those that are about no VM in particular.
    static let ofTheHost: Set<Act> = [
        .daemonRestart, .containerPrune, .imagePrune, .imagePruneAll, .removeCopier,
    ]

    /// What comes second is done at the call's next request.
    var takesTwoMoments: Bool { [.pauseAndUnpauseVM, .renameVMAndBack].contains(self) }

    /// The name that an operator gives to a VM's container.
    static let handName = "renamed-by-hand"
}

extension FakeDocker {
    /// Does what comes first. Returns whether that changed anything. What goes through a CPI is not
    /// done here.
    func begin(_ act: Act, on vm: String) throws -> Bool {
        guard !vm.isEmpty || Act.ofTheHost.contains(act) else { return false }
        switch act {
        case .startVM: return try changes("POST", "/containers/\(vm)/start")
        case .startOld: return try start { $0.name.hasPrefix("\(vm).old-") }
        case .startReplacement: return try start { ["\(vm).next", "\(vm).new"].contains($0.name) }
        case .stopVM: return try changes("POST", "/containers/\(vm)/stop")
        case .killVM: return try changes("POST", "/containers/\(vm)/kill")
        case .restartVM: return try changes("POST", "/containers/\(vm)/restart")
        case .pauseVM, .pauseAndUnpauseVM: return try changes("POST", "/containers/\(vm)/pause")
        case .unpauseVM: return try changes("POST", "/containers/\(vm)/unpause")
        case .removeCopier:
            guard let copier = state.containers.first(where: \.isCopier) else { return false }
            return try changes("DELETE", "/containers/\(copier.id)", ["force": "1"])
        case .renameVM, .renameVMAndBack:
            return try changes("POST", "/containers/\(vm)/rename", ["name": Act.handName])
        case .daemonRestart:
            let isAny = !state.containers.isEmpty
            restartDaemon()
            return isAny
        case .containerPrune: return pruneContainers()
        case .imagePrune: return pruneImages(all: false)
        case .imagePruneAll: return pruneImages(all: true)
        case .removeMark: return try changes("DELETE", "/volumes/\(vm).op")
        case .removeNetwork:
            let names = Set(containers(of: vm).flatMap(\.endpoints.keys)).sorted()
            return try names.contains { try changes("DELETE", "/networks/\($0)") }
        case .removePin:
            let before = state.containers.count
            state.containers.removeAll { $0.labels["io.bosh.disk.pinned_to"] == vm }
            return state.containers.count < before
        case .unlistDisk:
            return changeVM(vm) { container in
                for disk in container.liveDisks {
                    container.layer[LiveScript.list + "/" + disk] = nil
                }
            }
        case .unmountDisk: return changeVM(vm) { $0.live = [] }
        case .anotherAttach, .anotherDetach, .operatorRecover: return false
        }
    }

    /// What somebody does inside. Returns whether anything of a disk is another way now.
    private func changeVM(_ vm: String, _ change: (inout State.Container) -> Void) -> Bool {
        guard let index = state.index(ofContainer: vm), state.containers[index].isRunning else {
            return false
        }
        let before = state.containers[index]
        change(&state.containers[index])
        let now = state.containers[index]
        return before.live != now.live || before.liveDisks != now.liveDisks
    }

    /// What it would answer to a request that only looks, as text; nil for no answer.
    func preview(_ request: Request) -> String? {
        let kept = state
        defer { state = kept }
        let response = try? apart { try transport(request) }
        return response.map { "\($0.status) \(String(decoding: $0.body, as: UTF8.self))" }
    }

    /// Does what comes second.
    func end(_ act: Act, on vm: String) throws {
        switch act {
        case .pauseAndUnpauseVM:
            for container in containers(of: vm) where container.isPaused {
                _ = try changes("POST", "/containers/\(container.id)/unpause")
            }
        case .renameVMAndBack:
            _ = try changes("POST", "/containers/\(Act.handName)/rename", ["name": vm])
        default: break
        }
    }

    /// Whatever its name: a container says whose it is.
    func containers(of vm: String) -> [State.Container] {
        state.containers.filter {
            $0.vm == vm || $0.name == vm || $0.name.hasPrefix(vm + ".")
        }
    }

    /// The images of its layer; a stemcell is none.
    func images(of vm: String) -> [State.Image] {
        state.images.filter { $0.labels["io.bosh.vm"] == vm }
    }

    private func start(_ fits: (State.Container) -> Bool) throws -> Bool {
        guard let container = state.containers.first(where: { fits($0) && !$0.isRunning }) else {
            return false
        }
        return try changes("POST", "/containers/\(container.id)/start")
    }

    private func changes(_ method: String, _ path: String, _ query: [String: String] = [:]) throws
        -> Bool
    {
        var request = Request(method, "/v1.41" + path)
        request.query = query.map { (name: $0.key, value: $0.value) }
        return try apart { try transport(request).status < 300 }
    }

    private func pruneContainers() -> Bool {
        let before = state.containers.count
        state.containers.removeAll { !$0.isRunning }
        return state.containers.count < before
    }
}
