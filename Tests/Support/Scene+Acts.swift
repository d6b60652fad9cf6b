import Engine

@testable import CPI

extension Scene {
    /// The VM that others act on: in a call that makes one, whatever is there of it.
    var actedVM: String {
        vm.isEmpty
            ? docker.state.containers.map(\.vm).first ?? "" : vm
    }

    /// Somebody else acts, also in the middle of a request of a call. Returns whether that changed
    /// anything, and what was answered wrongly.
    func begin(_ act: Act) throws -> (changed: Bool, problems: [String]) {
        switch act {
        case .anotherAttach, .anotherDetach:
            guard !vm.isEmpty, !disk.isEmpty else { return (false, []) }
            return try another(act == .anotherAttach ? "attach_disk" : "detach_disk")
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

    /// A CPI with another journal and other locks, at the same time. Before it attaches it asks for
    /// the VM.
    private func another(_ method: String) throws -> (changed: Bool, problems: [String]) {
        let other = try freshOther()
        other.time.sleep(runner.time.elapsed - other.time.elapsed)
        return try docker.apart {
            docker.forget()
            var problems: [String] = []
            if method == "attach_disk" {
                let isThere = !docker.containers(of: vm).isEmpty
                let answer = try other.call("has_vm", [.string(vm)])
                if answer != .bool(isThere) { problems = ["another CPI's has_vm says \(answer)"] }
            }
            _ = try? other.call(method, [.string(vm), .string(disk)])
            return (!docker.story.isEmpty, problems)
        }
    }

    /// One that has seen nothing yet. Its directory stays the same.
    private func freshOther() throws -> CallRunner {
        if let other {
            try other.files.restore(below: other.runner.directory.path)
            return other.runner
        }
        let fresh = try CallRunner(docker)
        fresh.configuration["timeouts"]["lock"] = 0
        try docker.apart { _ = try fresh.call("info", []) }
        other = (fresh, try Files(below: fresh.directory.path))
        return fresh
    }

    private var isMakingNetwork: Bool {
        get throws { try files().names.contains { $0.hasPrefix("locks/network-") } }
    }
}
