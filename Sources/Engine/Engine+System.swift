/// https://docs.docker.com/reference/api/engine/version/v1.41/#tag/System
extension Engine {
    /// `GET /info`: the identity that a daemon keeps for its life, and much else.
    public func info() throws -> JSON { try get("/info") }
}
