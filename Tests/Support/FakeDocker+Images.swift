import Engine
import Glibc

extension FakeDocker {
    func images(_ call: Call) throws -> Response {
        let inner = call.parts.dropFirst().dropLast().joined(separator: "/")
        switch (call.request.method, call.parts.last ?? "") {
        case ("GET", "json") where call.parts.count == 2: return listImages(call)
        case ("GET", "json"): return ok(json(state.images[try imageIndex(inner)]))
        case ("POST", "create") where call.query("fromImage") != nil: return try pull(call)
        case ("POST", "create"): return try importImage(call)
        case ("POST", "tag"): return try tag(inner, call)
        case ("DELETE", _): return try removeImage(call.parts.dropFirst().joined(separator: "/"))
        default: throw NoSuchCall(request: call.request.summary)
        }
    }

    func imageIndex(_ reference: String) throws -> Int {
        guard let index = state.index(ofImage: reference) else {
            throw Refusal(404, "No such image: \(State.withTag(reference))")
        }
        return index
    }

    private func listImages(_ call: Call) -> Response {
        let filters = call.filters
        let references = filters["reference"] ?? []
        let found = state.images.compactMap { image -> JSON? in
            guard FakeDocker.fit(image.labels, filters["label"] ?? []) else { return nil }
            let isBase =
                call.query("all") != "true" && state.images.contains { $0.parent == image.id }
            guard filters["dangling"] != ["true"] || image.tags.isEmpty && !isBase else {
                return nil
            }
            let tags = image.tags.filter { tag in
                references.isEmpty
                    || references.contains { $0 == tag || tag.hasPrefix($0 + ":") }
            }
            guard references.isEmpty || !tags.isEmpty else { return nil }
            return [
                "Id": .string(image.id), "RepoTags": JSON(tags), "Labels": JSON(image.labels),
            ]
        }
        return ok(.array(found))
    }

    private func json(_ image: State.Image) -> JSON {
        let layers = (0..<image.layers).map { JSON.string("sha256:layer-\($0)") }
        var config = image.config
        config["Labels"] = JSON(image.labels)
        config["Env"] = JSON(image.env)
        if !image.volumes.isEmpty {
            config["Volumes"] = .object(
                Dictionary(uniqueKeysWithValues: image.volumes.map { ($0, [:]) }))
        }
        return [
            "Id": .string(image.id), "Created": .string(image.created),
            "RepoTags": JSON(image.tags), "RepoDigests": JSON(image.digests),
            "Config": config, "Architecture": .string(image.architecture),
            "Parent": .string(image.parent ?? ""),
            "RootFS": ["Type": "layers", "Layers": .array(layers)],
        ]
    }

    /// Gives a name to an image and takes it from the one that had it.
    func name(_ id: String, _ tag: String) {
        for index in state.images.indices {
            state.images[index].tags.removeAll { $0 == tag }
            if state.images[index].id == id { state.images[index].tags.append(tag) }
        }
    }

    private func importImage(_ call: Call) throws -> Response {
        guard call.query("fromSrc") == "-" else { throw NoSuchCall(request: call.request.summary) }
        let tag = "\(call.query("repo") ?? ""):\(call.query("tag") ?? "latest")"
        tell("import \(tag)")
        let bytes: [UInt8]
        let size: Int64
        switch call.request.body {
        case .file(let descriptor, let its, _):
            (bytes, size) = (FakeDocker.readAll(descriptor), its)
        case .bytes(let its, _): (bytes, size) = (its, Int64(its.count))
        case .none: throw NoSuchCall(request: call.request.summary)
        }
        let isTar = bytes.dropFirst(257).starts(with: "ustar".utf8)
        guard bytes.count == size, isTar || bytes.starts(with: [0x1f, 0x8b]) else {
            return stream(
                call.request,
                [["errorDetail": ["message": "invalid tar header"], "error": "invalid tar header"]])
        }
        let id = "sha256:" + state.newID()
        state.images.append(
            State.Image(
                id: id, created: state.newTime(), tags: [],
                labels: FakeDocker.labels(call.queries("changes")),
                files: FakeTar.files(in: bytes), links: FakeTar.links(in: bytes)))
        name(id, tag)
        return stream(
            call.request,
            [["status": "Importing", "progressDetail": [:]], ["status": .string(id)]])
    }

    /// A status of 200 and then what happens, in pieces that end anywhere.
    func stream(_ request: Request, _ documents: [JSON]) -> Response {
        let bytes: [UInt8] = documents.map { $0.text + "\r\n" }.joined().utf8.map { $0 }
        guard let onData = request.onData else { return Response(status: 200, body: bytes) }
        for start in stride(from: 0, to: bytes.count, by: 7) {
            Array(bytes[start..<min(start + 7, bytes.count)]).withUnsafeBytes(onData)
        }
        return Response(status: 200)
    }

    /// `LABEL "key"="value"`, with backslashes before quotes, backslashes and dollars.
    private static func labels(_ changes: [String]) -> [String: String] {
        var labels: [String: String] = [:]
        for change in changes {
            let match = change.wholeMatch(of: /LABEL "((?:[^"\\]|\\.)*)"="((?:[^"\\]|\\.)*)"/)
            guard let match else { continue }
            labels[plain(match.1)] = plain(match.2)
        }
        return labels
    }

    private static func plain(_ text: Substring) -> String {
        String(text.replacing(/\\(.)/) { $0.1 })
    }

    private static func readAll(_ descriptor: Int32) -> [UInt8] {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return all }
            all += buffer[..<count]
        }
    }

    private func tag(_ reference: String, _ call: Call) throws -> Response {
        let tag = "\(call.query("repo") ?? ""):\(call.query("tag") ?? "latest")"
        tell("tag \(reference) as \(tag)")
        name(state.images[try imageIndex(reference)].id, tag)
        return Response(status: 201)
    }
}
