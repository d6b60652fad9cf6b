import Engine

@testable import CPI

extension Scene {
    /// The VM that others act on: in a call that makes one, whatever is there of it.
    var actedVM: String {
        vm.isEmpty
            ? docker.state.containers.compactMap { $0.labels["io.bosh.vm"] }.first ?? "" : vm
    }

    /// Somebody else acts, also in the middle of a request of a call. Returns whether that changed
    /// anything, and what was answered wrongly.
    func begin(_ act: Act) throws -> (changed: Bool, problems: [String]) {
        switch act {
        case .anotherHasVM:
            guard !vm.isEmpty else { return (false, []) }
            let answer = try another { try $0.call("has_vm", [.string(vm)]) }.result
            let isThere = !docker.containers(of: vm).isEmpty
            return (
                false, (answer == true) == isThere ? [] : ["another CPI's has_vm says \(answer)"]
            )
        case .anotherAttach, .anotherDetach:
            guard !vm.isEmpty, !disk.isEmpty else { return (false, []) }
            let method = act == .anotherAttach ? "attach_disk" : "detach_disk"
            let made = try another { other in
                (try? other.call(method, [.string(vm), .string(disk)])) ?? .null
            }
            return (made.changed, [])
        case .operatorRecover:
            // Locks are waited for in real time, and the call that holds one stands still meanwhile:
            // the operator does not wait, and comes back when no network is being made.
            guard try !isMakingNetwork else { return (false, []) }
            let configuration = runner.configuration
            runner.configuration["timeouts"]["lock"] = 0
            defer { runner.configuration = configuration }
            return docker.apart {
                docker.forget()
                try? runner.recover()
                return (!docker.story.isEmpty, [])
            }
        default: return (try docker.begin(act, on: actedVM), [])
        }
    }

    /// A CPI with another journal and other locks, at the same time.
    private func another(_ body: (CallRunner) throws -> JSON) throws -> (
        changed: Bool, result: JSON
    ) {
        let other = try CallRunner(docker)
        other.configuration["timeouts"]["lock"] = 0
        other.time.sleep(runner.time.elapsed)
        return try docker.apart {
            docker.forget()
            let result = try body(other)
            return (!docker.story.isEmpty, result)
        }
    }

    private var isMakingNetwork: Bool {
        get throws { try files().names.contains { $0.hasPrefix("locks/network-") } }
    }
}
