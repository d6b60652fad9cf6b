import Engine
import FoundationEssentials
import Journal

/// Something in Docker that no operation is at work on and that nobody may know of.
public struct Orphan: Sendable {
    /// container, volume, image or network.
    public let kind: String
    public let name: String
    public let reason: String
    /// What removes it, for a person to run.
    public let command: String
}

/// Compares Docker with the journal. Removes nothing.
struct Orphanage {
    let world: World
    let journal: Journal?

    func all() throws -> [Orphan] {
        let containers = try world.engine.containers(["label": [Label.vm]])
        let vms = Set(containers.compactMap { $0.labels[Label.vm] })
        return try traces() + unanswered() + asides(containers) + (try volumes(vms))
            + (try images(vms))
            + (try networks())
    }

    private func traces() throws -> [Orphan] {
        try Traces(world: world).all().filter { !world.locks.isOwned($0.operation.id) }.map {
            trace in
            Orphan(
                kind: "operation", name: trace.operation.id,
                reason: "\(trace.operation.method) was interrupted (since \(trace.since))",
                command: "cpi-admin recover --from-docker --older-than 0 --yes")
        }
    }

    /// Made by a call whose answer may not have arrived: the director may not know it.
    private func unanswered() throws -> [Orphan] {
        try (journal?.open() ?? []).filter { $0.state == .parked }.flatMap { operation in
            try (journal?.subjects(of: operation.id) ?? []).compactMap { subject in
                let reason =
                    "\(operation.method) \(operation.id) made it, and its answer may not have arrived"
                switch (operation.method, subject.kind) {
                case (CreateVM.name, .vm):
                    guard try world.engine.container(subject.cid) != nil else { return nil }
                    return Orphan(
                        kind: "container", name: subject.cid, reason: reason,
                        command: "bosh delete-vm \(subject.cid)")
                case (CreateDisk.name, .disk):
                    guard try world.engine.volume(subject.cid) != nil else { return nil }
                    return Orphan(
                        kind: "volume", name: subject.cid, reason: reason,
                        command: "docker volume rm \(subject.cid)")
                case (CreateStemcell.name, .stemcell):
                    guard try world.engine.image(subject.cid) != nil else { return nil }
                    return Orphan(
                        kind: "image", name: subject.cid, reason: reason,
                        command: "docker image rm \(subject.cid)")
                default: return nil
                }
            }
        }
    }

    /// A container that was replaced; it is not one while the VM has no other.
    private func asides(_ containers: [ContainerSummary]) -> [Orphan] {
        let replaced = Set(
            containers.filter { $0.names.contains($0.labels[Label.vm] ?? "") }
                .compactMap { $0.labels[Label.replaces] })
        return containers.filter { replaced.contains($0.id) }.flatMap { container in
            container.names.filter { $0.contains(".old-") }.map { name in
                Orphan(
                    kind: "container", name: name,
                    reason: "was replaced, and is kept until the VM's agent has been seen",
                    command: "cpi-admin recover --yes, once the agent is up")
            }
        }
    }

    private func volumes(_ vms: Set<String>) throws -> [Orphan] {
        try world.engine.volumes([:]).compactMap { volume in
            let reason: String
            if volume.isHalfMade {
                guard let why = halfMade(volume.name, vms) else { return nil }
                reason = why
            } else {
                guard let vm = volume.labels[Label.vm], !vms.contains(vm),
                    (volume.labels[Label.disk] ?? "").isEmpty, volume.labels[Label.plan] == nil
                else { return nil }
                reason = "its VM is gone"
            }
            return Orphan(
                kind: "volume", name: volume.name, reason: reason,
                command: "docker volume rm \(volume.name)")
        }
    }

    /// Names of ours without our labels: what a Docker with a full disk leaves, or one that creates a
    /// container which create_vm has given up, and with it the volume that it names.
    private func halfMade(_ name: String, _ vms: Set<String>) -> String? {
        let isDisk = name.hasPrefix("disk-")
        let isEphemeral = name.hasPrefix("vm-") && name.hasSuffix("-ephemeral")
        guard isDisk || isEphemeral else { return nil }
        let cid = isDisk ? name : String(name.dropLast("-ephemeral".count))
        // Somebody else may have a disk-data.
        guard UUID(uuidString: String(cid.drop { $0 != "-" }.dropFirst())) != nil,
            !vms.contains(cid)
        else { return nil }
        return "\(isDisk ? CreateDisk.name : CreateVM.name) has failed and left it without a label"
    }

    private func images(_ vms: Set<String>) throws -> [Orphan] {
        try world.engine.imageTags(["label": [Label.vm]]).compactMap { tag in
            let vm = String(tag.prefix { $0 != ":" })
            guard vm.hasPrefix("vm-") || vm.hasPrefix("c-"), !vms.contains(vm) else { return nil }
            return Orphan(
                kind: "image", name: tag, reason: "the committed layer of a VM that is gone",
                command: "docker image rm \(tag)")
        }
    }

    /// Made for a VM and used by none: the next create_vm may want it again.
    private func networks() throws -> [Orphan] {
        try world.engine.networks().compactMap { network in
            guard network.labels[Label.operation] != nil,
                try world.engine.containers(["network": [network.name]]).isEmpty
            else { return nil }
            return Orphan(
                kind: "network", name: network.name, reason: "no VM uses it any more",
                command: "docker network rm \(network.name)")
        }
    }
}
