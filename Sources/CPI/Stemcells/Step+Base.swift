import Engine

/// The container that a stemcell is committed from: it is looked into, never runs, and adds nothing but
/// labels.
extension Step {
    /// It has the labels of the stemcell, and its own plan: recovery without a journal reads that.
    static func createBase(_ stemcell: StemcellCID, _ plan: CreateStemcell.Plan) -> Step {
        Step(
            name: "create container \(stemcell.base)",
            do: { world in
                let source = try world.source(of: plan)
                let labels = [
                    Label.stemcell: stemcell.description, Label.plan: try JSON(encoding: plan).text,
                ]
                var spec: JSON = [
                    "Image": .string(source.id), "Labels": JSON(Label.complete(labels, world)),
                    "HostConfig": ["NetworkMode": "none"],
                ]
                // Docker makes no container without a command, though this one never runs.
                if !source.hasCommand { spec["Cmd"] = ["/bin/sh"] }
                _ = try world.engine.createContainer(stemcell.base, spec)
            },
            verify: { try $0.base(of: stemcell) != nil },
            undo: .by { try $0.removeBase(stemcell) })
    }

    /// Looks inside, refuses a stemcell for another architecture, and gives the image its name: with it
    /// the stemcell is complete.
    static func commitBase(_ stemcell: StemcellCID, _ labels: [String: String]) -> Step {
        let reference = ImageReference.split(stemcell.description)
        return Step(
            name: "commit container \(stemcell.base) as \(stemcell)",
            do: { world in
                guard let base = try world.base(of: stemcell) else {
                    throw CPIError.cloud("container \(stemcell.base) is gone")
                }
                let seen = try StemcellContents(of: base.id, world.engine)
                try seen.architecture?.requireDaemons(world, says: "its /bin/sh")
                let own = StemcellContents.nothing.merging(labels) { $1 }
                    .merging(seen.labels) { $1 }
                // An image has the labels of its container, where it has no others.
                let all = Label.complete(own, world).merging([Label.plan: ""]) { _, own in own }
                try world.engine.commitContainer(
                    base.id, repository: reference.repository, tag: reference.tag, labels: all)
            },
            verify: { try $0.madeImage(stemcell.description) != nil },
            undo: .by { try $0.removeMadeImage(stemcell.description) })
    }

    static func removeBase(_ stemcell: StemcellCID) -> Step {
        Step(
            name: "remove container \(stemcell.base)",
            do: { try $0.removeBase(stemcell) },
            verify: { try $0.base(of: stemcell) == nil },
            undo: .withAnother)
    }

    /// What was imported loses its name; the stemcell stands on it.
    static func releaseImport(_ stemcell: StemcellCID) -> Step {
        let name = stemcell.incomplete
        return Step(
            name: "remove image \(name)",
            do: { try $0.releaseImage(name) },
            check: { try $0.requireWhole(stemcell) },
            verify: { try $0.engine.image(name) == nil },
            undo: .withAnother)
    }
}

extension World {
    /// A prune takes an image that no container is made from: whether the stemcell is there is looked at when
    /// all is done. Throws `CPIError` where it is not.
    func requireWhole(_ stemcell: StemcellCID) throws {
        guard try madeImage(stemcell.description) != nil else {
            throw CPIError.imageGone(stemcell.description)
        }
    }

    /// The image that was imported or pulled. Throws `CPIError` when it is not there, or is another.
    fileprivate func source(of plan: CreateStemcell.Plan) throws -> Image {
        if let light = plan.image {
            let image = try light.require(self)
            try Architecture(image.architecture)?.requireDaemons(self, says: "image \(light.name)")
            return image
        }
        let name = plan.stemcell.incomplete
        guard let image = try madeImage(name) else { throw CPIError.imageGone(name) }
        return image
    }

    /// The container that the stemcell is committed from, by any name. One that somebody has made from
    /// the stemcell by hand has its labels, but not its plan.
    func base(of stemcell: StemcellCID) throws -> Container? {
        let made = try madeContainer([stemcell.base])
        return made?.labels.label(Label.plan) != nil ? made : nil
    }

    /// Gone already is success. The volumes that the image declares go with it.
    func removeBase(_ stemcell: StemcellCID) throws {
        guard let base = try base(of: stemcell) else { return }
        try removeContainer(base.id, .incomplete)
    }
}
