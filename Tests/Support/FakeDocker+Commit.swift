import Engine

/// Images come from containers, and go.
extension FakeDocker {
    /// Every commit is an image of its own; one that had the name before goes on without it.
    func commit(_ call: Call) throws -> Response {
        let index = try containerIndex(call.query("container") ?? "")
        let container = state.containers[index]
        let tag = "\(call.query("repo") ?? ""):\(call.query("tag") ?? "latest")"
        tell("commit \(container.name) as \(tag)")
        let base = state.images.first { $0.id == container.imageID }
        let id = "sha256:" + state.newID()
        let (config, body) = (container.config, call.body)
        let inherited = State.Image.inherited.filter { !config[$0].isNull }.map { ($0, config[$0]) }
        state.images.append(
            State.Image(
                id: id, created: state.newTime(), tags: [],
                labels: container.labels.merging(body["Labels"].strings) { _, own in own },
                env: State.Image.joined(
                    (body["Env"].array ?? []).compactMap(\.string),
                    (config["Env"].array ?? []).compactMap(\.string)),
                volumes: (config["Volumes"].object ?? [:]).keys.sorted(),
                config: .object(Dictionary(uniqueKeysWithValues: inherited)),
                layers: (base?.layers ?? 0) + 1,
                files: FakeDocker.unpacked(container.layer, on: base?.files ?? [:]),
                links: container.links, parent: base?.id))
        name(id, tag)
        return ok(["Id": .string(id)], status: 201)
    }

    /// A layer is kept as a tar in which ".wh.NAME" says that NAME is gone: a file that really has
    /// such a name takes the other one with it, and is not kept itself.
    private static func unpacked(_ layer: [String: [UInt8]], on base: [String: [UInt8]])
        -> [String: [UInt8]]
    {
        var files = layer
        for path in layer.keys where base[path] == nil {
            guard let slash = path.lastIndex(of: "/") else { continue }
            let name = path[path.index(after: slash)...]
            guard name.hasPrefix(".wh.") else { continue }
            files[path] = nil
            let (directory, hidden) = (path[...slash], name.dropFirst(4))
            for other in layer.keys where other.hasPrefix(directory) {
                let isOpaque = hidden == ".wh..opq" && base[other] == layer[other]
                let isHidden =
                    other == directory + hidden || other.hasPrefix(directory + hidden + "/")
                if isOpaque || isHidden { files[other] = nil }
            }
        }
        return files
    }

    func removeImage(_ reference: String) throws -> Response {
        tell("remove image \(reference)")
        let image = state.images[try imageIndex(reference)]
        if image.tags.count + image.digests.count == 1,
            let user = state.containers.first(where: { $0.imageID == image.id })
        {
            throw Refusal(
                409,
                "conflict: unable to remove repository reference \"\(reference)\" (must force) - container "
                    + "\(user.id.prefix(12)) is using its referenced image \(image.id.dropFirst(7).prefix(12))"
            )
        }
        let tag = state.tag(reference)
        for index in state.images.indices {
            state.images[index].tags.removeAll { $0 == tag }
            state.images[index].digests.removeAll { $0 == reference }
        }
        sweep(image.id)
        return ok([["Untagged": .string(tag)]])
    }

    /// Removes the images that no container uses: those without a name, and with `all` the others
    /// as well. Returns whether there were any.
    func pruneImages(all: Bool) -> Bool {
        let before = (state.images.count, state.imageTags)
        for image in state.images
        where !state.containers.contains(where: { $0.imageID == image.id }) {
            if all, let index = state.images.firstIndex(where: { $0.id == image.id }) {
                (state.images[index].tags, state.images[index].digests) = ([], [])
            }
            sweep(image.id)
        }
        return before != (state.images.count, state.imageTags)
    }

    /// Removes an image without a name that nothing stands on, then its parent likewise.
    private func sweep(_ id: String) {
        guard let image = state.images.first(where: { $0.id == id }), image.tags.isEmpty,
            image.digests.isEmpty,
            !state.images.contains(where: { $0.parent == id }),
            !state.containers.contains(where: { $0.imageID == id })
        else { return }
        state.images.removeAll { $0.id == id }
        if !keepsParents, let parent = image.parent { sweep(parent) }
    }
}
