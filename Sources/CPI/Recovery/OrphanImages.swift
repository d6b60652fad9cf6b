import Engine
import Journal

/// Committed images without a container. While an operation on the VM is open or was left to a
/// person, such an image is the last copy of its root layer.
struct OrphanImages {
    let tags: [(name: String, vm: String)]
    private let untagged: [(id: String, vm: String)]
    /// VMs of which a container is there.
    private let vms: Set<String>
    /// VMs whose last copy is an image: their volumes are needed, too.
    let lastCopies: Set<String>
    /// VMs on which an operation is open, or was left to a person.
    private let unsettled: Set<String>

    init(world: World, vms: Set<String>) throws {
        let open = world.recorder.store.read { journal in
            try journal.open().flatMap { try journal.subjects(of: $0.id) }.map(\.cid)
        }
        let marks = try world.engine.volumes(.label(Label.plan)).compactMap {
            $0.labels[Label.vm]
        }
        unsettled = Set((open ?? []) + marks)
        var tags: [(name: String, vm: String)] = []
        for tag in try world.engine.imageTags(.label(Label.vm)) {
            guard let (vm, role) = VMCID.role(of: tag), !vms.contains(vm.description),
                case .committedImage = role,
                // Somebody may have given its name to another image.
                try world.engine.image(tag)?.labels[Label.vm] == vm.description
            else { continue }
            tags.append((tag, vm.description))
        }
        (self.tags, self.vms) = (tags, vms)
        untagged = try OrphanImages.untagged(world)
        // Even without a journal: it tells of a VM that nobody deleted, for delete_vm takes it along.
        lastCopies = Set(tags.map(\.vm)).union(unsettled.subtracting(vms))
    }

    /// Docker may have taken the name away, and then failed to remove the rest. What somebody has committed has an
    /// empty blueprint, as its container.
    private static func untagged(_ world: World) throws -> [(id: String, vm: String)] {
        try world.engine.untaggedImages(.label(Label.vm)).compactMap { id in
            guard let labels = try world.engine.image(id)?.labels, let vm = labels[Label.vm],
                labels.label(Label.blueprint) != nil, !world.mayBeAtWork(labels),
                try world.engine.containers(["ancestor": [id]]).isEmpty
            else { return nil }
            return (id, vm)
        }
    }

    /// Docker removes no image that a container is made of.
    private static func copyOut(_ image: String) -> String {
        "docker create --name look \(image), docker cp look:PATH, docker rm look"
    }

    func all() -> [Orphan] {
        let nameless = untagged.map { image -> Orphan in
            let isAlone = !vms.contains(image.vm)
            return Orphan(
                kind: .image, name: image.id,
                reason: "a copy of the root layer of VM \(image.vm) that has lost its name"
                    + (isAlone ? "; the VM has no container: copy out of it what you need" : ""),
                command: (isAlone ? OrphanImages.copyOut(image.id) + "; then " : "")
                    + "docker image rm \(image.id)",
                removal: .byCommand)
        }
        return nameless
            + tags.map { tag in
                let isOpen = unsettled.contains(tag.vm)
                return Orphan(
                    kind: .image, name: tag.name,
                    reason: "the last copy of VM \(tag.vm), whose containers are gone: "
                        + (isOpen
                            ? "recovery makes the VM of it, or says why not"
                            : "no operation makes the VM of it again; copy out of it what you need"),
                    command: isOpen
                        ? "cpi-admin recover --vm \(tag.vm), or bosh delete-vm \(tag.vm)"
                        : OrphanImages.copyOut(tag.name) + "; then bosh delete-vm \(tag.vm)",
                    removal: .never("it is the last copy of a VM"))
            }
    }
}
