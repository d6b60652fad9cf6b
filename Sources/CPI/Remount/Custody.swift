import Engine

/// Why a container may be removed. Every removal of a container goes through this file, and so does that of a
/// committed image, which may be the last copy of a VM. A reason that depends on what is true now has its
/// look, made right before the request.
enum RemovalReason {
    /// A delete_vm was asked for: everything of the VM goes but its disks. Whatever is there goes.
    case deleted
    /// create_vm goes back: nobody has the CID of a VM that is incomplete, whatever is there. Its anonymous
    /// volumes go.
    case incomplete
    /// A replacement that never ran, beside the container that it was made from; or beside the image that was
    /// committed of that one, where it is given.
    case neverRan(beside: String, orImage: String? = nil)
    /// A replacement that ran and was found wrong by the call that started it: nobody has started it
    /// again, and the container that it was made from has not run since.
    case foundWrong(beside: String, startedAt: String?)
    /// An old container: it has not run since its commit, and the container that was made from that
    /// commit is there.
    case heldBySuccessor(VMCID)
    /// A disk's pin, or its keeper: it holds nothing. Its anonymous volumes go: somebody may have tagged another
    /// image over that of pins.
    case pin
    /// A container that copies for us: what it holds is of no use to anybody. Its anonymous volumes go.
    case copier

    /// What may hold something is removed without force: Docker refuses when somebody has started it since
    /// the look.
    var isForced: Bool {
        switch self {
        case .deleted, .incomplete, .pin, .copier: true
        case .neverRan, .foundWrong, .heldBySuccessor: false
        }
    }

    var takesAnonymousVolumes: Bool {
        switch self {
        case .incomplete, .copier, .pin: true
        case .deleted, .neverRan, .foundWrong, .heldBySuccessor: false
        }
    }
}

extension World {
    /// Removes a container, by its id, when `reason` holds: looked at right before each request. Gone already
    /// is success; a removal under way is waited for. Throws `LastCopy` when the look shows otherwise, else
    /// `EngineError`.
    func removeContainer(_ id: String, _ reason: RemovalReason) throws {
        try patiently {
            guard try isRemovable(id, reason) else { return }
            do {
                try requestRemoval(id, reason)
            } catch let error as EngineError where error.isFault && reason.isForced {
                // A podman that was killed in an unpause has a container that runs, and that it takes for paused: it can
                // neither unpause nor remove it, but kill it.
                guard try engine.container(id)?.isPaused == true else { throw error }
                try engine.killContainer(id)
                try requestRemoval(id, reason)
            }
        }
    }

    private func requestRemoval(_ id: String, _ reason: RemovalReason) throws {
        try engine.removeContainer(
            id, force: reason.isForced, anonymousVolumes: reason.takesAnonymousVolumes)
    }

    /// False when it is gone. Throws `LastCopy` when `reason` does not hold.
    private func isRemovable(_ id: String, _ reason: RemovalReason) throws -> Bool {
        // Whatever is there goes, also what Docker cannot describe.
        if case .deleted = reason { return true }
        guard let container = try engine.container(id) else { return false }
        switch reason {
        case .deleted, .incomplete: break
        case .neverRan(let old, let image):
            try require(!container.wasStarted, container, "it has run")
            let isThere = try engine.container(old) != nil || holdsNothing(container, beside: image)
            try require(isThere, container, "the container that it was made from is gone")
        case .foundWrong(let old, let startedAt):
            try require(!container.isRunning, container, "it is running")
            try require(
                container.startedWhen == startedAt, container, "somebody has started it again")
            let origin = try engine.container(old)
            let isRested = origin?.isHeld(by: container.labels)
            try require(
                isRested == true, container,
                "the container that it was made from is gone or has run since")
        case .heldBySuccessor(let vm):
            try requireHeld(container, vm)
        case .pin: try require(container.isPin, container, "it is not the pin of a disk")
        case .copier: try require(container.isCopier, container, "it is no copier")
        }
        return true
    }

    /// Whether a container that never ran holds no more than this operation's committed image, which is there; or is made
    /// from another one, and holds nothing of the VM.
    private func holdsNothing(_ container: Container, beside image: String?) throws -> Bool {
        guard let image else { return false }
        if try madeImage(image) != nil { return true }
        guard let origin = try engine.image(container.imageID) else { return false }
        return !made(origin.labels)
    }

    /// Removes the image that this operation has committed: only while the container that it was committed from is
    /// there, for else the image is the last copy. Gone already is success. A Docker that fails in the removal may have
    /// taken the image's name and left the rest.
    func removeCommittedImage(_ name: String, of vm: VMCID, from old: String) throws {
        let named = try madeImage(name) != nil ? [name] : []
        let unnamed = try unnamedImages(vm).filter { made($0.labels) }.map(\.id)
        for image in named + unnamed {
            guard try engine.container(old) != nil else {
                throw LastCopy(
                    description:
                        "image \(image) is kept: the container that it was made from is gone")
            }
            do {
                try removeImage(image)
            } catch let error as EngineError where error.isConflict {
                continue  // a replacement that has run is kept, and it with it
            }
        }
    }

    /// Removes the committed images of a VM that no container is made from any more. They are needed no longer when a
    /// container holds what they hold: the VM's own, which must be there at each removal.
    func removeUnusedImages(_ vm: VMCID) throws {
        for tag in try committedImages(vm) {
            guard let current = try engine.container(vm.description)?.image else { return }
            guard tag != current else { continue }
            do {
                try removeImage(tag)
            } catch let error as EngineError where error.isConflict {
                continue  // in use
            }
        }
    }

    /// Of a VM that is being deleted. It keeps its name if it is no image of the VM's, or if somebody has made a
    /// container from it.
    func releaseCommittedImage(_ name: String, of vm: VMCID) throws {
        guard try engine.image(name)?.labels[Label.vm] == vm.description else { return }
        try releaseImage(name)
    }

    /// Whether an old container may go, without an error that says why not.
    func isHeld(_ old: Container, _ vm: VMCID) throws -> Bool {
        do {
            try requireHeld(old, vm)
            return true
        } catch is LastCopy {
            return false
        }
    }

    private func requireHeld(_ old: Container, _ vm: VMCID) throws {
        try require(!old.isRunning, old, "it is running")
        let successors = try containers(of: vm).compactMap { try engine.container($0.id) }
            .filter { $0.labels[Label.replaces] == old.id }
        try require(!successors.isEmpty, old, "no container is there that replaces it")
        let isCurrent = successors.contains { old.isHeld(by: $0.labels) }
        try require(isCurrent, old, "it has run since its replacement was made")
    }

    private func require(_ holds: Bool, _ container: Container, _ why: String) throws {
        guard holds else {
            throw LastCopy(description: "container \(container.name) is kept: \(why)")
        }
    }
}
