/// A Docker Engine, spoken to through its HTTP API. Each public function is one request, or says
/// otherwise; all throw `EngineError`.
public final class Engine {
    /// The API versions whose documents were read and tried. An Engine may be newer; one that
    /// speaks less than `floor` is refused.
    public static let floor = APIVersion(1, 41)
    public static let ceiling = APIVersion(1, 51)

    /// What happened with a request, for a journal: status is nil when no reply came.
    public struct Exchange: Sendable {
        public let request: String
        public let isRead: Bool
        public let status: Int?
    }

    /// Called after each request.
    public var onExchange: ((Exchange) -> Void)?
    /// Seconds for requests that have no reason to take long.
    public let timeout: Double
    public let address: String

    private let transport: Transport
    private let wanted: APIVersion
    private var negotiated: APIVersion?
    private var answersAsPodman = false

    /// Connects to nothing yet, nor does libcurl start, which costs a call that asks nothing a fifth of its time:
    /// that is for the first request, which throws what `Curl` does. `ceiling` limits the API version that will be
    /// negotiated.
    public convenience init(
        _ address: Address, ceiling: APIVersion = Engine.ceiling, timeout: Double
    ) {
        var started: Curl?
        self.init(address: address.text, ceiling: ceiling, timeout: timeout) { request in
            let curl = try started ?? Curl(address)
            started = curl
            return try curl.send(request)
        }
    }

    public init(
        address: String, ceiling: APIVersion = Engine.ceiling, timeout: Double,
        transport: @escaping Transport
    ) {
        self.address = address
        self.transport = transport
        self.timeout = timeout
        wanted = min(ceiling, Engine.ceiling)
    }

    /// The version both sides know, asked for once: `GET /_ping`.
    public func version() throws -> APIVersion {
        if let negotiated { return negotiated }
        var request = Request("GET", "/_ping")
        request.limit = .total(min(timeout, 20))
        let response = try exchange(request)
        guard let text = response.headers["api-version"], let theirs = APIVersion(text) else {
            let isPlain = response.status == 400 && address.hasPrefix("tcp:")
            let detail =
                "GET /_ping gave status \(response.status) and no Api-Version header"
                + (isPlain ? "; a port for TLS answers so to plain text: give tls" : "")
            throw EngineError.notDocker(address: address, detail: detail)
        }
        guard theirs >= Engine.floor else {
            let detail = "it speaks API \(theirs) at most; \(Engine.floor) is needed"
            throw EngineError.notDocker(address: address, detail: detail)
        }
        negotiated = min(theirs, wanted)
        answersAsPodman = response.headers["libpod-api-version"] != nil
        return min(theirs, wanted)
    }

    /// Whether it is podman, answering as Docker does: told by the same answer as the version.
    public func isPodman() throws -> Bool {
        _ = try version()
        return answersAsPodman
    }

    /// Sends a request below the negotiated version. Every status of 400 or more becomes an error
    /// here and nowhere else; 304 ("already so") is success.
    @discardableResult
    func send(_ request: Request) throws -> Response {
        var request = request
        request.path = "/v\(try version())" + request.path
        let response = try exchange(request)
        guard !(300..<400).contains(response.status) || response.status == 304 else {
            throw EngineError.notDocker(
                address: address,
                detail: "\(request.summary) was redirected, with status \(response.status)")
        }
        guard response.status >= 400 else { return response }
        let message = (try? JSON(parsing: response.body))?["message"].string
        guard message != nil || !response.isAnothers(request) else {
            // Whether Docker has got the request, and done it, nobody has said.
            guard response.status < 500 else {
                throw EngineError.lost(
                    address: address, request: request.summary,
                    detail: "a proxy answered with status \(response.status)")
            }
            throw EngineError.notDocker(
                address: address,
                detail:
                    "\(request.summary) gave status \(response.status) with a page that is not Docker's"
            )
        }
        throw EngineError.refused(
            status: response.status,
            message: message ?? String(decoding: response.body.prefix(500), as: UTF8.self),
            request: request.summary)
    }

    private func exchange(_ request: Request) throws -> Response {
        do {
            let response = try transport(request)
            onExchange?(
                Exchange(request: request.summary, isRead: request.isRead, status: response.status))
            return response
        } catch {
            onExchange?(Exchange(request: request.summary, isRead: request.isRead, status: nil))
            throw error
        }
    }
}

extension Response {
    /// Of an error without Docker's message: whether it is not an Engine's at all. A proxy's page is HTML, and says
    /// nothing of what was asked for. With 404 an Engine gives no body to `HEAD`, and podman has two words for a
    /// path that it does not know.
    fileprivate func isAnothers(_ request: Request) -> Bool {
        let isPage = headers["content-type"]?.hasPrefix("text/html") == true
        let isEngines =
            body == EngineError.noSuchPath || (body.isEmpty && request.method == "HEAD")
        return isPage || (status == 404 && !isEngines)
    }
}

/// The shapes of request that the endpoints are made of.
extension Engine {
    /// The longest document that is read, in bytes: a VM's root decides on the length of some.
    static let largestDocument = 64 << 20

    /// What a list answers, in one of its members where `key` is given: null where there are none. Throws as `get`, and
    /// `notDocker` for anything else, which would read as if nothing were there.
    func list(
        _ path: String, _ query: [(String, String)] = [], in key: String? = nil
    ) throws -> [JSON] {
        let json = try get(path, query)
        switch key.map({ json.object?[$0] }) ?? json {
        case .array(let list)?: return list
        case .null?: return []
        default:
            throw EngineError.notDocker(
                address: address, detail: "its answer to GET \(path) is no list")
        }
    }

    /// What an inspect answers: a document with an id, or for a volume with a name. Throws as `get`, and `notDocker`
    /// where there is none.
    func inspected(_ path: String, by key: String = "Id") throws -> JSON {
        let json = try get(path)
        guard json[key].string?.isEmpty == false else {
            throw EngineError.notDocker(
                address: address, detail: "its answer to GET \(path) has no \(key)")
        }
        return json
    }

    func get(_ path: String, _ query: [(String, String)] = []) throws -> JSON {
        var request = Request("GET", path)
        request.largestBody = Engine.largestDocument
        request.query = query.map { (name: $0.0, value: $0.1) }
        request.limit = .total(timeout)
        return try document(try send(request), request)
    }

    @discardableResult
    func post(
        _ path: String, _ query: [(String, String)] = [], _ body: JSON? = nil,
        limit: Request.Limit? = nil
    ) throws -> JSON {
        let request = posting(path, query, body, limit)
        let response = try send(request)
        return response.body.isEmpty ? .null : try document(response, request)
    }

    /// A POST whose answer says nothing but that it was done: podman answers some with a text.
    func order(
        _ path: String, _ query: [(String, String)] = [], _ body: JSON? = nil,
        limit: Request.Limit? = nil
    ) throws {
        try send(posting(path, query, body, limit))
    }

    private func posting(
        _ path: String, _ query: [(String, String)], _ body: JSON?, _ limit: Request.Limit?
    ) -> Request {
        var request = Request("POST", path)
        request.query = query.map { (name: $0.0, value: $0.1) }
        if let body { request.body = .bytes(body.bytes, type: "application/json") }
        request.limit = limit ?? .total(timeout)
        return request
    }

    func delete(_ path: String, _ query: [(String, String)] = [], limit: Request.Limit? = nil)
        throws
    {
        var request = Request("DELETE", path)
        request.query = query.map { (name: $0.0, value: $0.1) }
        request.limit = limit ?? .total(timeout)
        try send(request)
    }

    func document(_ response: Response, _ request: Request) throws -> JSON {
        do {
            return try JSON(parsing: response.body)
        } catch {
            let detail = "its answer to \(request.summary) is not JSON"
            throw EngineError.notDocker(address: address, detail: detail)
        }
    }
}
