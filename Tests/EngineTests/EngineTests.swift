import Glibc
import Testing

@testable import Engine
@testable import Support

@Suite("An Engine is spoken to in a version that both sides know")
struct EngineTests {
    private func engine(
        _ version: String?, ceiling: APIVersion = Engine.ceiling, status: Int = 200,
        body: String = #"{"Id": "x"}"#, seen: @escaping (Request) -> Void = { _ in }
    ) -> Engine {
        Engine(address: "test", ceiling: ceiling, timeout: 5) { request in
            seen(request)
            guard request.path == "/_ping" else {
                return Response(status: status, body: Array(body.utf8))
            }
            return Response(status: 200, headers: version.map { ["api-version": $0] } ?? [:])
        }
    }

    @Test(
        "the lower of theirs and ours",
        arguments: [("1.41", "1.41"), ("1.45", "1.45"), ("1.99", "1.51")])
    func negotiation(theirs: String, spoken: String) throws {
        #expect(try engine(theirs).version().description == spoken)
    }

    @Test("a ceiling holds, and one above ours does not lift it")
    func ceiling() throws {
        #expect(try engine("1.45", ceiling: APIVersion(1, 43)).version() == APIVersion(1, 43))
        #expect(try engine("1.99", ceiling: APIVersion(1, 99)).version() == Engine.ceiling)
    }

    @Test(
        "one that is too old, or gives no version, is not one for us",
        arguments: ["1.40", "1", "x.y", nil])
    func refused(version: String?) {
        #expect {
            try engine(version).info()
        } throws: { error in
            guard case EngineError.notDocker = error else { return false }
            return true
        }
    }

    @Test("it is asked for its version once, and every path carries it")
    func paths() throws {
        var seen: [String] = []
        let engine = engine("1.44") { seen.append($0.target) }
        _ = try engine.info()
        _ = try engine.container("a/b?c=d#e f")
        try engine.removeVolume("v")
        #expect(
            seen == [
                "/_ping", "/v1.44/info", "/v1.44/containers/a%2Fb%3Fc%3Dd%23e%20f/json",
                "/v1.44/volumes/v",
            ])
    }

    @Test("an image's slashes are part of its path, nothing else is")
    func imagePath() throws {
        var seen: [String] = []
        let engine = engine("1.44") { seen.append($0.target) }
        _ = try engine.image("host:5000/a/b:tag")
        try engine.removeImage("a/../b?x")
        #expect(seen[1] == "/v1.44/images/host%3A5000/a/b%3Atag/json")
        #expect(seen[2] == "/v1.44/images/a/../b%3Fx")
    }

    @Test("values of a query end nowhere but at their end")
    func query() throws {
        var seen: [String] = []
        let engine = engine("1.44") { seen.append($0.target) }
        try engine.renameContainer("c", to: "a&b=c d/é")
        #expect(seen[1] == "/v1.44/containers/c/rename?name=a%26b%3Dc%20d%2F%C3%A9")
    }

    @Test("404 is nil where a thing is looked for, and an error where it is needed")
    func notFound() throws {
        let engine = engine("1.45", status: 404, body: #"{"message":"No such container: x"}"#)
        #expect(try engine.container("x") == nil)
        #expect(try engine.volume("x") == nil)
        #expect(try engine.image("x") == nil)
        #expect(try engine.network("x") == nil)
        #expect {
            try engine.inspectContainer("x")
        } throws: { error in
            let error = error as? EngineError
            return error?.isNotFound == true && error?.isConflict == false
                && error?.description.contains("No such container: x") == true
        }
    }

    @Test(
        "what an Engine's statuses mean",
        arguments: [
            (409, true, false, false), (403, false, false, false), (400, false, false, false),
            (500, false, true, false), (503, false, true, true),
        ])
    func statuses(status: Int, isConflict: Bool, isUnknown: Bool, isTransient: Bool) {
        let engine = engine("1.45", status: status, body: #"{"message":"why"}"#)
        #expect {
            try engine.stopContainer("x", seconds: 1)
        } throws: { error in
            guard let error = error as? EngineError else { return false }
            return error.status == status && error.isConflict == isConflict
                && error.isOutcomeUnknown == isUnknown && error.isTransient == isTransient
                && error.description.contains("why")
        }
    }

    @Test(
        "of an Engine's 500s, those that pass by themselves are worth another try",
        arguments: [
            ("context deadline exceeded", true), ("device or resource busy", true),
            ("no space left on device", false), ("port is already allocated", false),
        ])
    func passing(message: String, isTransient: Bool) {
        let error = EngineError.refused(status: 500, message: message, request: "x")
        #expect(error.isTransient == isTransient)
    }

    @Test("304 is success: it is so already")
    func notModified() throws {
        try engine("1.45", status: 304, body: "").startContainer("x")
        try engine("1.45", status: 304, body: "").stopContainer("x", seconds: 0)
    }

    @Test("a redirection is never taken for success", arguments: [301, 305, 307, 308])
    func redirected(status: Int) {
        let engine = engine("1.45", status: status, body: "")
        #expect { try engine.startContainer("x") } throws: { "\($0)".contains("redirected") }
    }

    @Test("an error that is no JSON is shown as it is, and not endlessly")
    func plainError() {
        let engine = engine(
            "1.45", status: 500, body: "proxy says no" + String(repeating: "x", count: 10_000))
        #expect {
            try engine.info()
        } throws: { error in
            "\(error)".contains("proxy says no") && "\(error)".count < 1_000
        }
    }

    @Test("an answer that is not JSON does not come from Docker")
    func notJSON() {
        #expect {
            try engine("1.45", body: "<html>").info()
        } throws: { error in
            guard case EngineError.notDocker = error else { return false }
            return true
        }
    }

    @Test(
        "an import that reports an error in its stream, or stops in the middle, has failed",
        arguments: [
            (
                #"{"status":"x"}{"errorDetail":{"message":"no space"},"error":"no space"}"#,
                "no space"
            ),
            (#"{"status":"x"}{"stat"#, "cut off"), ("", "cut off"),
        ])
    func imports(stream: String, expected: String) throws {
        let engine = Engine(address: "test", timeout: 5) { request in
            if request.path == "/_ping" {
                return Response(status: 200, headers: ["api-version": "1.45"])
            }
            Array(stream.utf8).withUnsafeBytes { request.onData?($0) }
            return Response(status: 200)
        }
        #expect {
            try engine.importImage(descriptor: 0, size: 0, repository: "r", tag: "t", changes: [])
        } throws: { "\($0)".contains(expected) }
    }

    @Test("each exchange is told, with its status or without one")
    func exchanges() throws {
        var told: [String] = []
        let engine = engine("1.45", status: 404, body: #"{"message":"no such volume"}"#)
        engine.onExchange = { told.append("\($0.request) \($0.status ?? 0) \($0.isRead)") }
        _ = try engine.volume("v")
        try? engine.removeVolume("v")
        #expect(
            told == [
                "GET /_ping 200 true", "GET /v1.45/volumes/v 404 true",
                "DELETE /v1.45/volumes/v 404 false",
            ])
    }
}

@Suite("Addresses say where Docker is")
struct AddressTests {
    @Test(
        "these are understood",
        arguments: [
            "unix:///var/run/docker.sock", "tcp://127.0.0.1:2375", "tcp://host.example:2376",
            "tcp://[::1]:2376",
        ])
    func valid(text: String) throws {
        #expect(try Address(text).text == text)
    }

    @Test(
        "these are not",
        arguments: [
            "", "/var/run/docker.sock", "http://x:1", "unix://relative", "unix://", "tcp://host",
            "tcp://:1",
            "tcp://host:0", "tcp://host:65536", "tcp://host:x", "tcp://a b:1",
            "tcp://user@host:1/path",
            "unix:///" + String(repeating: "x", count: 107),
        ])
    func invalid(text: String) {
        #expect(throws: Address.Invalid.self) { try Address(text) }
    }

    @Test("TLS is for TCP")
    func tls() throws {
        let tls = Address.TLS(ca: "a", certificate: "b", privateKey: "c")
        #expect(try Address("tcp://h:1", tls: tls).base == "https://h:1")
        #expect(try Address("tcp://h:1").base == "http://h:1")
        #expect(try Address("unix:///s", tls: tls).base == "http://docker")
    }

    @Test("versions are numbers, not texts")
    func versions() {
        #expect(APIVersion(1, 9) < APIVersion(1, 41))
        #expect(APIVersion("1.44") == APIVersion(1, 44))
        for text in ["", "1", "1.", "1.x", "1.2.3", "-1.2"] { #expect(APIVersion(text) == nil) }
    }
}
