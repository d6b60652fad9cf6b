import FoundationEssentials

/// https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/PutContainerArchive
extension Engine {
    /// `PUT /containers/{id}/archive?path=/`: writes one file, with missing parents. Works on a
    /// container that was created and never started. A symbolic link at `path` is replaced by the
    /// file, its target stays as it is; links among the parents are followed inside the container.
    public func writeFile(_ container: String, path: String, content: [UInt8]) throws {
        try writeFiles(container, [Tar.File(path: path, content: content)])
    }

    /// As `writeFile`, several files in one request.
    public func writeFiles(_ container: String, _ files: [Tar.File]) throws {
        var request = Request("PUT", "/containers/\(container.percentEncoded)/archive")
        request.query = [(name: "path", value: "/")]
        request.body = .bytes(Tar.archive(files), type: "application/x-tar")
        request.limit = .total(timeout)
        try send(request)
    }

    /// The largest file that `readFile` reads, in bytes: 64 MiB.
    public static let largestFile = 64 << 20

    /// `GET /containers/{id}/archive`: a file's content; nil when it is not there or is a directory, or
    /// when there is no such container. A symbolic link is followed inside the container, one request
    /// for each: an Engine sends the link itself. Nil also for a link to nothing, or to itself. Throws
    /// `EngineError.lost` for an answer without any content, and `tooLarge`.
    public func readFile(_ container: String, path: String) throws -> [UInt8]? {
        var path = path
        for _ in 0...Engine.maximalLinks {
            guard let archive = try archive(container, path) else { return nil }
            switch Tar.firstEntry(in: archive) {
            case .file(let content): return content
            case .link(let target): path = UnixPath.following(target, from: path)
            case .directory, .special: return nil
            case nil:
                let detail = "the archive of \(path) is cut off"
                try requireContent(archive, container, detail)
                throw EngineError.notDocker(address: address, detail: detail)
            }
        }
        return nil
    }

    /// podman sends nothing while it unmounts a container that has just ended.
    private func requireContent(_ archive: [UInt8], _ container: String, _ detail: String) throws {
        guard archive.isEmpty else { return }
        throw EngineError.lost(
            address: address, request: "GET /containers/\(container)/archive", detail: detail)
    }

    /// `GET /containers/{id}/archive`: the names of the files right in a directory; none when it is not there. Throws
    /// `EngineError.lost` for an answer without any content.
    public func fileNames(_ container: String, directory: String) throws -> [String] {
        guard let archive = try archive(container, directory) else { return [] }
        try requireContent(archive, container, "the archive of \(directory) is cut off")
        return Tar.entries(in: archive).compactMap { path, entry in
            guard case .file = entry else { return nil }
            let parts = path.split(separator: "/")
            return parts.count == 2 ? String(parts[1]) : nil
        }
    }

    /// `HEAD /containers/{id}/archive`: the size of what is at `path`, in bytes; nil when nothing is
    /// there.
    public func fileSize(_ container: String, path: String) throws -> Int? {
        try pathStat(container, path: path)?.size
    }

    /// `HEAD /containers/{id}/archive`: what is at `path`; nil when nothing is there. Much faster than
    /// reading it: an Engine starts no process for it. Works on a stopped container as well.
    public func pathStat(_ container: String, path: String) throws -> PathStat? {
        var request = Request("HEAD", "/containers/\(container.percentEncoded)/archive")
        request.query = [(name: "path", value: path)]
        request.limit = .total(timeout)
        guard let response = try found({ try send(request) }) else { return nil }
        guard let text = response.headers["x-docker-container-path-stat"],
            let data = Data(base64Encoded: text), let stat = try? JSON(parsing: data),
            let size = stat["size"].int
        else {
            throw EngineError.notDocker(
                address: address, detail: "its answer to \(request.summary) has no size")
        }
        let target = stat["linkTarget"].string ?? ""
        return PathStat(
            size: size, target: target.isEmpty ? nil : target,
            isDirectory: (stat["mode"].int ?? 0) & Engine.directoryMode != 0)
    }

    /// Of Go's os.FileMode, which is how an Engine says what a path is.
    private static let directoryMode = 1 << 31

    /// How many symbolic links in a row are followed.
    private static let maximalLinks = 5

    private func archive(_ container: String, _ path: String) throws -> [UInt8]? {
        var request = Request("GET", "/containers/\(container.percentEncoded)/archive")
        request.query = [(name: "path", value: path)]
        request.limit = .total(timeout)
        request.largestBody = Engine.largestFile + Tar.overhead
        do {
            return try found { try send(request).body }
        } catch let error as EngineError where error.isEndlessLink {
            return nil
        }
    }
}

extension EngineError {
    /// Links that lead to each other: an Engine looks at where a link leads before it sends it.
    fileprivate var isEndlessLink: Bool {
        guard case .refused(500, let message, _) = self else { return false }
        return message.lowercased().contains("too many l")  // "links", "levels of symbolic links"
    }
}
