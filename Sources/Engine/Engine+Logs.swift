extension Engine {
    /// `GET /containers/{id}/logs`: the last `lines` lines of what a container wrote to stdout and
    /// stderr, each stream for itself; of a stopped one as well. With a terminal all is in `output`.
    /// Throws for a log driver that cannot be read.
    public func logs(_ container: Container, lines: Int) throws -> (output: String, errors: String)
    {
        var request = Request("GET", "/containers/\(container.id.percentEncoded)/logs")
        request.query = [
            (name: "stdout", value: "1"), (name: "stderr", value: "1"),
            (name: "tail", value: String(lines)),
        ]
        request.limit = .total(timeout)
        request.largestBody = Engine.largestFile
        let body = try send(request).body
        if container.json["Config"]["Tty"].bool == true {
            return (String(decoding: body, as: UTF8.self), "")
        }
        guard let streams = ExecStreams(body) else {
            throw EngineError.lost(
                address: address, request: request.summary, detail: "the log was cut off")
        }
        return (streams.output, streams.errors)
    }
}
