import Foundation
import Testing

@testable import Engine
@testable import Support

@Suite("Over a real socket, each way to fail is told apart", .serialized)
struct CurlTests {
    let directory: TemporaryDirectory
    var path: String { directory.path + "/docker.sock" }

    init() throws { directory = try TemporaryDirectory() }

    private func curl() throws -> Curl { try Curl(Address("unix://\(path)")) }

    private func request(_ method: String = "GET", seconds: Double = 5) -> Request {
        var request = Request(method, "/v1.45/x")
        request.limit = .total(seconds)
        return request
    }

    /// What one request to a peer that behaves so comes to.
    private func failure(
        _ reply: SocketServer.Reply, _ request: Request
    ) throws -> EngineError {
        let server = try SocketServer(path) { _ in reply }
        defer { server.stop() }
        let error = #expect(throws: EngineError.self) { try curl().send(request) }
        return try #require(error)
    }

    private func isLost(_ error: EngineError) -> Bool {
        if case .lost = error { error.isOutcomeUnknown } else { false }
    }

    @Test("a whole answer comes back with status, headers and body")
    func answer() throws {
        let server = try SocketServer(path) { _ in SocketServer.json(#"{"a":1}"#) }
        defer { server.stop() }
        let response = try curl().send(request())
        #expect(response.status == 200)
        #expect(response.headers["api-version"] == "1.45")
        #expect(String(decoding: response.body, as: UTF8.self) == #"{"a":1}"#)
        #expect(server.requests.first?.hasPrefix("GET /v1.45/x HTTP/1.1\r\n") == true)
    }

    @Test("an error status is an answer, with Docker's message")
    func refusal() throws {
        let server = try SocketServer(path) { request in
            request.contains("_ping")
                ? SocketServer.json("") : SocketServer.json(#"{"message":"in use"}"#, status: 409)
        }
        defer { server.stop() }
        let engine = try Engine(Address("unix://\(path)"), timeout: 5)
        #expect {
            try engine.removeVolume("v")
        } throws: { error in
            (error as? EngineError)?.isConflict == true && "\(error)".contains("in use")
        }
    }

    @Test(
        "a connection that is closed without an answer is lost, not failed",
        arguments: ["GET", "POST", "DELETE"])
    func closed(method: String) throws {
        #expect(isLost(try failure(.closeAfterRequest, request(method))))
    }

    @Test("a mutating request whose answer does not come is sent once")
    func once() throws {
        let server = try SocketServer(path) { _ in .closeAfterRequest }
        defer { server.stop() }
        #expect(throws: EngineError.self) { try curl().send(request("POST")) }
        #expect(server.requests.count == 1)
    }

    @Test("a socket that accepts and closes at once is lost or out of reach, and soon")
    func closesAtOnce() throws {
        let start = Date()
        let error = try failure(.closeAtOnce, request("POST"))
        if case .notDocker = error { Issue.record("\(error)") }
        #expect(Date().timeIntervalSince(start) < 3)
    }

    @Test("no answer within the limit is lost", arguments: [Request.Limit.total(0.3), .idle(0.3)])
    func silence(limit: Request.Limit) throws {
        var request = request("POST")
        request.limit = limit
        let start = Date()
        #expect(isLost(try failure(.silence, request)))
        #expect(Date().timeIntervalSince(start) < 5)
    }

    @Test("a body that is larger than may be kept ends the request", arguments: [true, false])
    func tooLarge(hasLength: Bool) throws {
        let head = "HTTP/1.1 200 OK\r\n" + (hasLength ? "Content-Length: 4096\r\n" : "") + "\r\n"
        let server = try SocketServer(path) { _ in
            .bytes(head + String(repeating: "x", count: 4_096))
        }
        defer { server.stop() }
        var request = request()
        request.largestBody = 4_096
        #expect(try curl().send(request).body.count == 4_096)
        request.largestBody = 4_095
        let error = #expect(throws: EngineError.self) { try curl().send(request) }
        #expect(error == .tooLarge(request: request.summary, limit: 4_095))
    }

    @Test("an answer that stops in the middle is lost")
    func stalled() throws {
        let part = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"
        #expect(isLost(try failure(.stall(part), request("POST", seconds: 0.3))))
        #expect(isLost(try failure(.bytes(part), request("POST"))))
    }

    @Test(
        "what does not speak HTTP is not Docker",
        arguments: ["SSH-2.0-OpenSSH_9.2\r\n", "\u{0}\u{1}\u{2}garbage\r\n\r\n"])
    func garbage(text: String) throws {
        switch try failure(.bytes(text), request()) {
        case .notDocker, .lost: break
        case let other: Issue.record("\(other)")
        }
    }

    @Test("a socket that is not there is out of reach, with advice")
    func missing() throws {
        let error = #expect(throws: EngineError.self) { try curl().send(request("POST")) }
        guard case .unreachable(_, ENOENT, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.description.contains("is Docker running there?") == true)
        #expect(error?.isOutcomeUnknown == false)
        #expect(error?.isTransient == true)
    }

    @Test("a socket that nobody listens on is out of reach")
    func nobody() throws {
        try SocketServer(path) { _ in .silence }.stop()
        let error = #expect(throws: EngineError.self) { try curl().send(request()) }
        guard case .unreachable(_, ECONNREFUSED, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("a file goes up whole and with its length", arguments: [0, 1, 3_000_000])
    func upload(size: Int) throws {
        let server = try SocketServer(path) { _ in SocketServer.json("{}") }
        defer { server.stop() }
        let file = try directory.write("image", [UInt8](repeating: UInt8(ascii: "x"), count: size))
        let descriptor = open(file, O_RDONLY)
        defer { close(descriptor) }
        var request = request("POST", seconds: 20)
        request.body = .file(descriptor: descriptor, size: Int64(size), type: "application/x-tar")
        #expect(try curl().send(request).status == 200)
        let heard = try #require(server.requests.first)
        #expect(heard.hasPrefix("POST "))
        #expect(heard.contains("Content-Length: \(size)\r\n"))
        #expect(heard.contains("Content-Type: application/x-tar"))
        #expect(heard.utf8.reversed().prefix { $0 == UInt8(ascii: "x") }.count == size)
    }

    @Test("a file that cannot be read is named as what is wrong")
    func unreadable() throws {
        let server = try SocketServer(path) { _ in SocketServer.json("{}") }
        defer { server.stop() }
        let descriptor = open(directory.path, O_RDONLY)
        defer { close(descriptor) }
        var request = request("POST", seconds: 20)
        request.body = .file(descriptor: descriptor, size: 10, type: "application/x-tar")
        let failure = #expect(throws: EngineError.self) { try curl().send(request) }
        #expect(
            (failure.map { "\($0)" } ?? "").contains(
                "the file that is sent cannot be read: Is a directory"))
    }

    @Test("a POST without a body says so: Docker refuses one of unknown length")
    func emptyPost() throws {
        let server = try SocketServer(path) { _ in SocketServer.json("{}") }
        defer { server.stop() }
        _ = try curl().send(request("POST"))
        #expect(server.requests.first?.contains("Content-Length: 0\r\n") == true)
    }

    @Test("a JSON body goes with its type and without a wait for 100")
    func jsonPost() throws {
        let server = try SocketServer(path) { _ in SocketServer.json("{}") }
        defer { server.stop() }
        var request = request("POST")
        request.body = .bytes(Array(#"{"a":"é"}"#.utf8), type: "application/json")
        _ = try curl().send(request)
        let heard = try #require(server.requests.first)
        #expect(heard.hasSuffix("\r\n\r\n{\"a\":\"é\"}"))
        #expect(heard.contains("Content-Type: application/json\r\n"))
        #expect(!heard.contains("Expect"))
    }

    @Test("a body that arrives in pieces goes to onData, an error's body does not")
    func streaming() throws {
        let server = try SocketServer(path) { request in
            request.contains("fail")
                ? SocketServer.json(#"{"message":"no"}"#, status: 500) : SocketServer.json("{}{}")
        }
        defer { server.stop() }
        var got = ""
        var request = request("POST")
        request.onData = { got += String(decoding: $0, as: UTF8.self) }
        #expect(try curl().send(request).body.isEmpty)
        #expect(got == "{}{}")
        request.path = "/fail"
        #expect(try curl().send(request).body == Array(#"{"message":"no"}"#.utf8))
        #expect(got == "{}{}")
    }

    @Test("a proxy in the environment is not for Docker")
    func proxy() throws {
        setenv("http_proxy", "http://127.0.0.1:9", 1)
        defer { unsetenv("http_proxy") }
        let server = try SocketServer(path) { _ in SocketServer.json("{}") }
        defer { server.stop() }
        #expect(try curl().send(request()).status == 200)
        // Nothing listens on that port either: through the proxy the error would name port 9.
        let tcp = try Curl(Address("tcp://127.0.0.1:1"))
        let error = #expect(throws: EngineError.self) { try tcp.send(request(seconds: 2)) }
        #expect(error?.description.contains("port 9") == false)
    }
}
