import Engine
import Journal

/// Takes the stemcell's name away; layers that other images or VMs need stay. Missing is success.
///
/// The Go CPI gives all light stemcells of one image the same CID, `REPOSITORY@DIGEST`: that name stays
/// as long as a VM stands on it, for the director may have another record of it.
struct DeleteStemcell: Mutation {
    static let name = "delete_stemcell"
    static let arguments = ["stemcell_cid"]
    static let rule = RecoveryRule.finish
    static let deletes = true
    struct Plan: Codable {
        let stemcell: StemcellCID
        /// The image's id; nil where there is nothing to do.
        let image: String?
    }
    let stemcell: StemcellCID
    var subjects: [Subject] { [stemcell.subject] }
    /// No other call waits for it, and it settles none.
    let locks: [Subject] = []

    init(_ arguments: Arguments) throws {
        stemcell = try StemcellCID(arguments[0])
    }

    func plan(_ world: World) throws -> Plan {
        let image = try world.engine.image(stemcell.description)
        if image == nil { try world.warnIfOnAnotherDaemon(stemcell.subject) }
        // Docker takes the beginning of an id for a name as well.
        guard image?.hasID(stemcell.description) != true else {
            throw CPIError.cloud(
                "cannot delete stemcell \(stemcell): that is the id of an image, and no stemcell's name"
            )
        }
        if let vm = image?.labels.label(Label.vm) {
            throw CPIError.cloud(
                "cannot delete stemcell \(stemcell): it is the root layer of VM \(vm)")
        }
        guard image.map(isStemcell) ?? true else {
            throw CPIError.cloud(
                "cannot delete stemcell \(stemcell): the image of that name is another one (it has no label "
                    + "\(Label.stemcell)=\(stemcell)); if it is of no use: docker image rm \(stemcell)"
            )
        }
        for summary in try world.containers(on: stemcell, image) {
            if stemcell.isShared {
                world.warn(
                    "image \(stemcell) is kept: container \(summary.name) "
                        + "stands on it, and another stemcell may be the same image")
                return Plan(stemcell: stemcell, image: nil)
            }
            guard let container = try world.engine.container(summary.id),
                container.image == stemcell.description
            else { continue }
            let title = container.vm.map { "VM \($0)" } ?? "container \(container.name)"
            throw CPIError.cloud("cannot delete stemcell \(stemcell): \(title) is made from it")
        }
        return Plan(stemcell: stemcell, image: image?.id)
    }

    /// Somebody may have given its name to another image. The Go CPI's have no labels.
    private func isStemcell(_ image: Image) -> Bool {
        stemcell.isGoCPIs || image.labels[Label.stemcell] == stemcell.description
    }

    static func steps(_ plan: Plan, _ call: DeleteStemcell?) -> [Step] {
        plan.image.map { [.removeImage(plan.stemcell, $0)] } ?? []
    }

    static func situation(_ plan: Plan, _ world: World) throws -> Situation {
        let isThere = try plan.image.map { try world.isThere(plan.stemcell, $0) }
        return isThere == true ? .untouched("stemcell \(plan.stemcell)") : .unfinished
    }
}

extension Step {
    /// Takes a stemcell's name away from its image.
    fileprivate static func removeImage(_ stemcell: StemcellCID, _ image: String) -> Step {
        Step(
            name: "remove image \(stemcell)", removes: .image(stemcell.description),
            isDestructive: true,
            do: { world in
                guard try world.isThere(stemcell, image) else { return }
                try world.removeImage(stemcell.description)
            },
            verify: { try !$0.isThere(stemcell, image) },
            undo: .impossible)
    }
}

extension World {
    /// Whether the stemcell's name is that of this image, by its id.
    fileprivate func isThere(_ stemcell: StemcellCID, _ image: String) throws -> Bool {
        try engine.image(stemcell.description)?.id == image
    }

    /// Those that stand on an image, whatever was committed in between. podman finds those alone that were
    /// made from it: a VM that was replaced has its layers at the bottom.
    fileprivate func containers(on stemcell: StemcellCID, _ image: Image?) throws
        -> [ContainerSummary]
    {
        guard let image, try engine.isPodman() else {
            return try engine.containers(["ancestor": [stemcell.description]])
        }
        return try engine.containers([:]).filter { summary in
            guard let container = try engine.container(summary.id) else { return false }
            return try engine.image(container.imageID)?.stands(on: image) == true
        }
    }
}
