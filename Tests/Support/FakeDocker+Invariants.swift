import Engine

@testable import CPI

extension FakeDocker {
    /// What must hold at any time, whatever was killed when; empty when all is well.
    func invariants() -> [String] {
        state.volumes.values.filter(\.isDisk).compactMap {
            disk in
            let users = state.writers(ofVolume: disk.name).map(\.name)
            return users.count > 1 ? "disk \(disk.name) is mounted in \(users) at once" : nil
        }
            + state.containers.flatMap { container in
                container.live.filter { state.volumes[$0] == nil }.map {
                    "disk \($0) was removed while \(container.name) had it mounted"
                }
            }
            + state.volumeNames.compactMap { name in
                guard let snapshot = SnapshotCID.ofRecord(name)?.description else { return nil }
                return state.volumes[snapshot]?.isTorn == true
                    ? "snapshot \(snapshot) is half made and called whole" : nil
            }
            + vms.filter { vm in !state.containers.contains { isContainer($0, of: vm) } }.map {
                "VM \($0) has lost its container"
            }
    }

    /// What must hold when no operation is open: each VM whole and under its name, nothing left over.
    func settledInvariants() -> [String] {
        var problems = invariants()
        for container in state.containers
        where container.name.contains(/\.(new|next|old-[0-9a-f]+)$/) {
            problems.append("container \(container.name) is left over")
        }
        for vm in vms where state.containers.filter({ $0.name == vm }).count != 1 {
            problems.append("not exactly one container is named \(vm)")
        }
        for pin in state.containers
        where pin.isPin && pin.labels["io.bosh.disk.pinned_to"] != "" {
            let vm = state.container(pin.labels["io.bosh.disk.pinned_to"] ?? "")
            let disk = pin.labels["io.bosh.disk"] ?? ""
            if vm?.layer[LiveScript.list + "/" + disk] != [] {
                problems.append("container \(pin.name) is left over")
            }
        }
        for container in state.containers {
            for disk in container.liveDisks where state.container(disk + ".pin") == nil {
                problems.append("disk \(disk) of \(container.name) has no pin")
            }
            if container.isRunning, container.live != Set(container.liveDisks) {
                problems.append(
                    "\(container.name) mounts \(container.live) of \(container.liveDisks)")
            }
        }
        for container in state.containers where container.isPaused {
            problems.append("container \(container.name) is paused")
        }
        for name in state.volumeNames where SnapshotCID(name).isOurForm {
            if state.volumes[name + ".whole"] == nil {
                problems.append("volume \(name) is no whole snapshot")
            }
        }
        for name in state.volumeNames {
            if let snapshot = SnapshotCID.ofRecord(name)?.description,
                state.volumes[snapshot] == nil
            {
                problems.append("volume \(name) is of no snapshot")
            }
        }
        for container in state.containers
        where container.name.hasSuffix(".base") || container.isCopier {
            problems.append("container \(container.name) is left over")
        }
        for volume in state.volumeNames where volume.hasSuffix(".op") {
            problems.append("mark \(volume) is left over")
        }
        for volume in state.volumes.values.sorted(by: { $0.name < $1.name }) {
            guard let vm = volume.ephemeralOf, state.container(vm) == nil else { continue }
            problems.append("volume \(volume.name) belongs to no VM")
        }
        for image in state.images {
            let isNameless = image.tags.isEmpty && image.digests.isEmpty
            let isCommitted = isNameless || image.tags.contains { VMCID.role(of: $0) != nil }
            if isCommitted, !state.containers.contains(where: { $0.imageID == image.id }),
                !state.images.contains(where: { $0.parent == image.id })
            {
                problems.append("image \(image.tags) is used by nobody")
            }
            if image.tags.contains(where: { $0.hasSuffix(".new") }) {
                problems.append("image \(image.tags) is left over")
            }
            // What somebody has pulled by hand has a tag.
            if image.tags.isEmpty, !image.digests.isEmpty {
                problems.append("image \(image.digests) is left over")
            }
        }
        return problems
    }

    /// The CIDs in labels of containers.
    private var vms: [String] {
        Set(state.containers.map(\.vm).filter { !$0.isEmpty }).sorted()
    }

    private func isContainer(_ container: State.Container, of vm: String) -> Bool {
        container.name == vm || container.name == vm + ".next" || container.name == vm + ".new"
            || container.name.hasPrefix(vm + ".old-")
    }
}
