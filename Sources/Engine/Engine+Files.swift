/// https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/PutContainerArchive
extension Engine {
    /// `PUT /containers/{id}/archive?path=/`: writes one file, with missing parents. Works on a
    /// container that was created and never started.
    public func writeFile(
        _ container: String, path: String, content: [UInt8], mode: Int = 0o600
    ) throws {
        var request = Request("PUT", "/containers/\(container.percentEncoded)/archive")
        request.query = [(name: "path", value: "/")]
        request.body = .bytes(
            Tar.archive(path: path, content: content, mode: mode), type: "application/x-tar")
        request.limit = .total(timeout)
        try send(request)
    }

    /// `GET /containers/{id}/archive`: a small file's content; nil when it is not there, or when
    /// there is no such container.
    public func readFile(_ container: String, path: String) throws -> [UInt8]? {
        var request = Request("GET", "/containers/\(container.percentEncoded)/archive")
        request.query = [(name: "path", value: path)]
        request.limit = .total(timeout)
        guard let response = try found({ try send(request) }) else { return nil }
        guard let content = Tar.firstFile(in: response.body) else {
            throw EngineError.notDocker(
                address: address, detail: "the archive of \(path) is cut off")
        }
        return content
    }
}
