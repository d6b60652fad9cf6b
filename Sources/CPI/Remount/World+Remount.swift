import Engine

extension World {
    /// Whether the disk is a mount point of its own inside the running container. Docker goes on
    /// listing a mount that the agent has unmounted. False when the container does not run.
    func isMounted(_ disk: DiskCID, in container: String) throws -> Bool {
        try mountPoints(in: container).contains { $0.place == disk.hint }
    }

    /// A line of a container's `/proc/self/mountinfo`.
    struct MountPoint {
        let root: String
        let place: String
    }

    /// What is mounted where inside a running container; empty when it does not run.
    func mountPoints(in container: String) throws -> [MountPoint] {
        let lines = try look(["cat", "/proc/self/mountinfo"], in: container, seconds: 10)
        return (lines ?? []).compactMap { line in
            let fields = line.split(separator: " ").map(String.init)
            return fields.count > 4 ? MountPoint(root: fields[3], place: fields[4]) : nil
        }
    }

    /// The lines that a command which only looks prints inside a container; nil when that does not run.
    /// Throws `CannotLook` when the command did not come to its end, as in a container that has all the
    /// processes that it may have: Docker answers with success then, and what it prints says nothing.
    func look(
        _ command: [String], in container: String, seconds: Double, mayEndWith codes: [Int] = [0]
    ) throws -> [Substring]? {
        let result: ExecResult
        do {
            result = try engine.exec(container, command, seconds: seconds)
        } catch let error as EngineError where error.isNotRunning {
            // Paused since, or Docker has forgotten the command: it runs all the same. One that ends again and again
            // does not run between two starts, though Docker says so.
            let now = try engine.container(container)
            guard now?.isRunning != true || now?.isRestarting == true else {
                throw CannotLook(
                    description: "container \(container) cannot be looked into: \(error)")
            }
            guard error.isStopped else { throw error }
            return nil
        }
        if codes.contains(result.exitCode) { return result.output.split(separator: "\n") }
        guard try engine.container(container)?.isRunning == true else { return nil }
        throw CannotLook(
            description: "container \(container) cannot be looked into: a command ended with "
                + "\(result.exitCode): \(result.words)")
    }

    /// The images that were committed from containers of this VM, or of any, and have no name any more: somebody
    /// has given it to another image, or Docker has failed while it removed the image. What somebody has committed
    /// has an empty blueprint, as its container.
    func unnamedImages(_ vm: VMCID? = nil) throws -> [Image] {
        try engine.untaggedImages(vm.map { .label(Label.vm, $0) } ?? .label(Label.vm))
            .compactMap { try engine.image($0) }
            .filter { $0.labels.label(Label.blueprint) != nil }
    }

    /// The names of the images that were committed from containers of this VM, the newest last: in each is the id of
    /// its operation.
    func committedImages(_ vm: VMCID) throws -> [String] {
        try engine.imageTags([
            "reference": [vm.description], "label": ["\(Label.vm)=\(vm)"],
        ]).filter { vm.role(of: $0)?.isCommittedImage == true }.sorted()
    }

    /// The same with those that have lost their names, by their ids.
    func allCommittedImages(_ vm: VMCID) throws -> [String] {
        try committedImages(vm) + unnamedImages(vm).map(\.id)
    }

    /// The images that were committed from containers of any of these VMs and have their names still: somebody may have
    /// given a name to another image.
    func committedImages(of isWanted: (VMCID) throws -> Bool) throws -> [CommittedImage] {
        try engine.imageTags(.label(Label.vm)).compactMap { tag in
            guard let (vm, role) = VMCID.role(of: tag), role.isCommittedImage, try isWanted(vm),
                let image = try engine.image(tag), image.labels[Label.vm] == vm.description
            else { return nil }
            return CommittedImage(name: tag, vm: vm, image: image)
        }
    }
}

/// A copy of a VM's root layer, as it was when it was committed.
struct CommittedImage {
    let name: String
    let vm: VMCID
    let image: Image
}
