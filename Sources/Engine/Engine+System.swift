/// https://docs.docker.com/reference/api/engine/version/v1.41/#tag/System
extension Engine {
    /// `GET /info`: what the daemon is, what it runs on, and what it cannot do there.
    public func info() throws -> JSON { try get("/info") }
}
