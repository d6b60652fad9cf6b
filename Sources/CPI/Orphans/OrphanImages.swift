import Engine
import Journal

/// Committed images without a container. While an operation on the VM is open or was left to a
/// person, such an image is the last copy of its root layer.
struct OrphanImages {
    private let tags: [CommittedImage]
    private let untagged: [(id: String, vm: String)]
    /// VMs of which a container is there.
    private let vms: Set<String>
    /// VMs whose last copy is an image: their volumes are needed, too.
    let lastCopies: Set<String>
    /// VMs on which an operation is open, or was left to a person, with the command that settles it.
    private let unsettled: [String: RecoveryCommand]
    private let marks: [Volume]

    init(world: World, vms: Set<String>, marks: [Volume]) throws {
        let open = world.recorder.store.read { journal in
            try journal.open().flatMap { try journal.subjects(of: $0.id) }
                .filter { $0.kind == .vm }.map(\.cid)
        }
        var unsettled: [String: RecoveryCommand] = [:]
        for vm in open ?? [] { unsettled[vm] = .of(VMCID(vm)) }
        // The journal may have it closed.
        for mark in marks {
            guard let vm = mark.labels[Label.vm] else { continue }
            unsettled[vm] = world.recovery(ofMark: mark)
        }
        tags = try world.committedImages { !vms.contains($0.description) }
        (self.vms, self.unsettled, self.marks) = (vms, unsettled, marks)
        untagged = try OrphanImages.untagged(world)
        // Even without a journal: it tells of a VM that nobody deleted, for delete_vm takes it along.
        lastCopies = Set(tags.map(\.vm.description)).union(Set(unsettled.keys).subtracting(vms))
    }

    /// Those that no container is made of.
    private static func untagged(_ world: World) throws -> [(id: String, vm: String)] {
        try world.unnamedImages().compactMap { image in
            guard let vm = image.labels[Label.vm], !world.mayBeAtWork(image.labels),
                try world.engine.containers(["ancestor": [image.id]]).isEmpty
            else { return nil }
            return (image.id, vm)
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
        return nameless + tags.map(orphan)
    }

    private func orphan(_ tag: CommittedImage) -> Orphan {
        let settles = unsettled[tag.vm.description]
        let newest = tag.vm.newest(
            of: tags.filter { $0.vm == tag.vm }.map(\.name), marks.first { $0.name == tag.vm.mark })
        if let newest, newest != tag.name {
            return Orphan(
                kind: .image, name: tag.name,
                reason: "an older state of VM \(tag.vm), whose last copy is image \(newest)",
                command: settles?.description ?? "docker image rm \(tag.name)",
                removal: .never("it is a copy of a VM that has no container"))
        }
        return Orphan(
            kind: .image, name: tag.name,
            reason: "the last copy of VM \(tag.vm), whose containers are gone: "
                + (settles != nil
                    ? "recovery makes the VM of it, or says why not"
                    : "no operation makes the VM of it again; copy out of it what you need"),
            command: settles.map { "\($0), or bosh delete-vm \(tag.vm)" }
                ?? OrphanImages.copyOut(tag.name) + "; then bosh delete-vm \(tag.vm)",
            removal: .never("it is the last copy of a VM"))
    }
}
