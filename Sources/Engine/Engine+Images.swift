/// https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Image
extension Engine {
    /// `GET /images/{name}/json`, nil when there is none. Where it is podman, up to two requests.
    public func image(_ name: String) throws -> Image? {
        try found {
            try byExactName(name) { Image(json: try inspected("/images/\($0.imagePath)/json")) }
        }
    }

    /// `GET /images/json` by filters: the tags of each image found.
    public func imageTags(_ filters: Filters) throws -> [String] {
        try list("/images/json", [filters.parameter]).flatMap {
            ($0["RepoTags"].array ?? []).compactMap(\.string).map(Engine.familiar)
        }
    }

    /// `GET /images/json` by filters: the ids of images that have neither a tag nor one that stands on them. `all`: also
    /// those that others stand on.
    public func untaggedImages(_ filters: Filters, all: Bool = false) throws -> [String] {
        let untagged = filters.merging(["dangling": ["true"]]) { one, _ in one }
        let query = [untagged.parameter] + (all ? [(name: "all", value: "true")] : [])
        return try list("/images/json", query).compactMap { $0["Id"].string }
    }

    /// An image's name as it was given: podman answers `stemcell:1` as `docker.io/library/stemcell:1`.
    static func familiar(_ name: String) -> String {
        let prefix = "docker.io/library/"
        return name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
    }

    /// `POST /images/create?fromSrc=-`: streams a root file system (tar, plain or compressed) from
    /// `descriptor` and names the image `repository:tag`. No time limit but that bytes must move.
    public func importImage(
        descriptor: Int32, size: Int64, repository: String, tag: String, changes: [String]
    ) throws {
        var request = Request("POST", "/images/create")
        request.query = Engine.importQuery(repository, tag, changes)
        request.body = .file(descriptor: descriptor, size: size, type: "application/x-tar")
        try stream(request)
    }

    /// As the other `importImage`, for a root file system that is small enough to be held in memory.
    public func importImage(
        _ archive: [UInt8], repository: String, tag: String, changes: [String]
    ) throws {
        var request = Request("POST", "/images/create")
        request.query = Engine.importQuery(repository, tag, changes)
        request.body = .bytes(archive, type: "application/x-tar")
        request.limit = .total(timeout)
        try stream(request)
    }

    private static func importQuery(_ repository: String, _ tag: String, _ changes: [String])
        -> [(name: String, value: String)]
    {
        [
            (name: "fromSrc", value: "-"), (name: "repo", value: repository),
            (name: "tag", value: tag),
        ] + changes.map { (name: "changes", value: $0) }
    }

    /// `DELETE /images/{name}`: takes the name away, and the layers that nothing else needs. An
    /// Engine refuses with 409 while a container uses the image under its last name. Large layers
    /// take as long as they take. Where it is podman, up to two requests.
    public func removeImage(_ name: String) throws {
        try byExactName(name) { try delete("/images/\($0.imagePath)", limit: .long) }
    }

    /// `POST /images/create?fromImage=…`: pulls `repository@digest`, which is always the same image. No
    /// time limit but that bytes must move. What fails may be said in the stream, or by a status.
    public func pullImage(_ repository: String, digest: String, login: RegistryLogin?) throws {
        var request = Request("POST", "/images/create")
        request.query = [(name: "fromImage", value: repository), (name: "tag", value: digest)]
        request.headers = RegistryLogin.headers(login)
        try stream(request)
    }

    /// `GET /distribution/{name}/json`: the digest that the registry has a reference under, without
    /// pulling it. Throws not found when it has none.
    public func registryDigest(_ reference: String, login: RegistryLogin?) throws -> String? {
        var request = Request("GET", "/distribution/\(reference.imagePath)/json")
        request.headers = RegistryLogin.headers(login)
        request.limit = .total(timeout)
        return try document(try send(request), request)["Descriptor"]["digest"].string
    }

    /// Sends a request whose status 200 comes before the work: the result is in the stream.
    private func stream(_ request: Request) throws {
        var request = request
        var parser = JSONStream()
        var failure: String?
        var last = JSON.null
        request.onData = { bytes in
            for document in parser.feed(bytes) {
                failure =
                    failure ?? document["errorDetail"]["message"].string
                    ?? document["error"].string
                last = document
            }
        }
        try send(request)
        if let failure { throw EngineError.stream(message: failure, request: request.summary) }
        guard parser.isComplete, !last.isNull else {
            throw EngineError.lost(
                address: address, request: request.summary,
                detail: "the progress stream was cut off")
        }
    }
}

extension String {
    /// An image reference as a path: its slashes are part of the route, nothing else is.
    fileprivate var imagePath: String {
        split(separator: "/", omittingEmptySubsequences: false)
            .map { String($0).percentEncoded }.joined(separator: "/")
    }
}
