/// The one seam between this module and the world: a request in, its whole response out.
///
/// Throws `EngineError` when there is no response; a status of 400 or more is a response.
public typealias Transport = (Request) throws -> Response

/// One HTTP request to Docker.
public struct Request {
    /// What is sent, with its Content-Type.
    public enum Body {
        case none
        case bytes([UInt8], type: String)
        /// Read from the descriptor's position to the end; never held in memory as a whole.
        case file(descriptor: Int32, size: Int64, type: String)
    }

    public var method: String
    /// Percent-encoded and with its API version, as it goes over the wire.
    public var path: String
    public var query: [(name: String, value: String)] = []
    public var headers: [(name: String, value: String)] = []
    public var body = Body.none
    public var limit = Limit.long
    /// The most bytes of a body that are kept in memory: more of them end the request with
    /// `EngineError.tooLarge`. For what a container's own root can make as large as it likes.
    public var largestBody = Int.max
    /// Takes the body of a successful response as it arrives; `Response.body` is then empty.
    public var onData: ((UnsafeRawBufferPointer) -> Void)?

    /// How long a request may take, in seconds.
    public enum Limit: Equatable, Sendable {
        /// From the first byte sent to the last one received.
        case total(Double)
        /// Without a byte in either direction: for imports, which last as long as they last.
        case idle(Double)

        /// For what takes Docker as long as there are data.
        public static let long = Limit.idle(1_800)
    }

    public init(_ method: String, _ path: String) {
        self.method = method
        self.path = path
    }

    /// Without the query: short enough for a journal, and free of values.
    public var summary: String { "\(method) \(path)" }

    /// Asking changes nothing, so a lost reply leaves nothing in doubt.
    public var isRead: Bool { method == "GET" || method == "HEAD" }
}

/// The whole response of a request, whatever its status.
public struct Response: Sendable {
    public var status: Int
    /// Names in lower case.
    public var headers: [String: String]
    public var body: [UInt8]

    public init(status: Int, headers: [String: String] = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}
