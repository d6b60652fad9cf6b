import Engine

@testable import CPI

/// Containers that copy one volume into another: what their script does, as far as it can be seen.
extension FakeDocker {
    /// It looks for its tools, and waits.
    func beginCopier(_ index: Int) {
        guard state.containers[index].isCopier else { return }
        guard state.copierTrouble == nil else { return failCopier(index) }
        leave(.ready, in: index)
    }

    /// Something was put into a container: a copier begins at `go`. It has copied half of it.
    func copierHeard(_ index: Int) {
        let container = state.containers[index]
        guard container.isCopier, container.isRunning, container.copyLeft == nil,
            container.layer[CopyScript.File.go.path] != nil
        else { return }
        let files = source(of: container)
        state.containers[index].copyLeft = state.copyTakes
        state.containers[index].copied = files
        let half = files.sorted { $0.key < $1.key }.prefix(files.count / 2)
        fill(container, Dictionary(uniqueKeysWithValues: half.map { ($0, $1) }), isTorn: true)
    }

    /// Time passes for a copier whenever somebody looks at it.
    func copierGoesOn(_ index: Int) {
        guard let left = state.containers[index].copyLeft, state.containers[index].isRunning else {
            return
        }
        state.containers[index].copyLeft = left - 1
        switch left {
        case 1...: break
        case 0: leave(.copied, in: index)
        default: endCopier(index)
        }
    }

    private func endCopier(_ index: Int) {
        let container = state.containers[index]
        let files = source(of: container)
        fill(container, files, isTorn: false)
        let changed = files == container.copied ? 0 : 1
        let bytes = files.values.reduce(0) { $0 + $1.count }
        leave(
            .report, in: index, "entries=\(files.count + 1) changed=\(changed) bytes=\(bytes)\n")
        halt(index, 0)
    }

    private func failCopier(_ index: Int) {
        leave(.failed, in: index, state.copierTrouble ?? "")
        halt(index, 1)
    }

    private func leave(_ file: CopyScript.File, in index: Int, _ text: String = "") {
        state.containers[index].layer[file.path] = Array(text.utf8)
    }

    private func source(of container: State.Container) -> [String: [UInt8]] {
        let mount = container.mounts.first { $0.destination == CopyScript.from }
        return state.volumes[mount?.source ?? ""]?.files ?? [:]
    }

    private func fill(_ container: State.Container, _ files: [String: [UInt8]], isTorn: Bool) {
        guard let name = container.mounts.first(where: { $0.destination == CopyScript.to })?.source
        else { return }
        state.volumes[name]?.files = files
        state.volumes[name]?.isTorn = isTorn
    }
}

extension FakeDocker.State.Container {
    var isCopier: Bool { labels["io.bosh.cpi.copy_of"] != nil }
}
