import Engine

/// The images that VMs were committed to.
extension World {
    /// The images that were committed from containers of this VM, or of any, and have no name any more: somebody
    /// has given it to another image, or Docker has failed while it removed the image. What somebody has committed
    /// has an empty blueprint, as its container.
    func unnamedImages(_ vm: VMCID? = nil, all: Bool = false) throws -> [Image] {
        try engine.untaggedImages(vm.map { .label(Label.vm, $0) } ?? .label(Label.vm), all: all)
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

    /// As `committedImages`, with those that have lost their names, by their ids.
    func allCommittedImages(_ vm: VMCID) throws -> [String] {
        try committedImages(vm) + unnamedImages(vm).map(\.id)
    }

    /// As `allCommittedImages`, with those that others of them stand on, which come last: Docker's containerd image store
    /// keeps them when nothing stands on them any more.
    func imagesToDelete(with vm: VMCID) throws -> [String] {
        try committedImages(vm)
            + unnamedImages(vm, all: true).sorted { $0.layers > $1.layers }.map(\.id)
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
