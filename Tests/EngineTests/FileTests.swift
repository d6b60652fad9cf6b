import Testing

@testable import Engine
@testable import Support

@Suite("A file of a container is read through its links, inside the container")
struct FileTests {
    /// The archive that an Engine sends for a symbolic link: of the link itself.
    private static func link(to target: String) -> [UInt8] {
        var header = Array(FakeTar.archive(["link": []]).prefix(512))
        header[156] = UInt8(ascii: "2")
        header.replaceSubrange(157..<(157 + target.utf8.count), with: target.utf8)
        return header + [UInt8](repeating: 0, count: 1_024)
    }

    /// A pax record before an entry, as an Engine sends it for a target of more than 100 bytes.
    private static func pax(_ record: String) -> [UInt8] {
        var archive = Array(
            FakeTar.archive(["PaxHeaders.0/link": Array(record.utf8)]).dropLast(1_024))
        archive[156] = UInt8(ascii: "x")
        return archive
    }

    /// An Engine whose one container has these files; the value of a link begins with "->".
    private func engine(_ files: [String: String], asked: @escaping (String) -> Void = { _ in })
        -> Engine
    {
        Engine(address: "test", timeout: 5) { request in
            if request.path == "/_ping" {
                return Response(status: 200, headers: ["api-version": "1.45"])
            }
            let path = request.query.first { $0.name == "path" }?.value ?? ""
            asked(path)
            guard let content = files[path] else {
                return Response(status: 404, body: Array(#"{"message":"no such file"}"#.utf8))
            }
            let isLink = content.hasPrefix("->")
            return Response(
                status: 200,
                body: isLink
                    ? Self.link(to: String(content.dropFirst(2)))
                    : FakeTar.archive(["f": Array(content.utf8)]))
        }
    }

    @Test(
        "absolute, relative, upwards, and never out of the container",
        arguments: [
            ("/etc/real", "/etc/real"), ("real", "/a/b/real"), ("./real", "/a/b/real"),
            ("../real", "/a/real"), ("../../real", "/real"), ("../../../../real", "/real"),
            ("/../../real", "/real"), ("../c//./real", "/a/c/real"), ("/x/../real", "/real"),
        ])
    func targets(target: String, expected: String) throws {
        var asked: [String] = []
        let engine = engine(["/a/b/link": "->\(target)", expected: "content"]) { asked.append($0) }
        #expect(try engine.readFile("c", path: "/a/b/link") == Array("content".utf8))
        #expect(asked == ["/a/b/link", expected])
    }

    @Test("five links in a row are followed, and not one more")
    func hops() throws {
        var files = ["/5": "content"]
        for number in 0..<5 { files["/\(number)"] = "->\(number + 1)" }
        #expect(try engine(files).readFile("c", path: "/0") == Array("content".utf8))
        files["/start"] = "->0"
        #expect(try engine(files).readFile("c", path: "/start") == nil)
    }

    @Test("a link to nothing is no file, and so are links that lead to each other")
    func dangling() throws {
        #expect(try engine(["/a": "->/gone"]).readFile("c", path: "/a") == nil)
        #expect(try engine(["/a": "->b", "/b": "->a"]).readFile("c", path: "/a") == nil)
    }

    @Test("an Engine that finds links to lead to each other says so with a 500; others are errors")
    func endless() throws {
        func engine(_ message: String) -> Engine {
            Engine(address: "test", timeout: 5) { request in
                request.path == "/_ping"
                    ? Response(status: 200, headers: ["api-version": "1.45"])
                    : Response(status: 500, body: Array(#"{"message":"\#(message)"}"#.utf8))
            }
        }
        let loop = "evalSymlinksInScope: too many links in /var/lib/docker/overlay2/0/merged/etc/a"
        #expect(try engine(loop).readFile("c", path: "/etc/a") == nil)
        #expect(throws: EngineError.self) { try engine("no space").readFile("c", path: "/etc/a") }
    }

    @Test("a target of more than 100 bytes stands before its link")
    func longTarget() {
        let target = String(repeating: "x", count: 150)
        let archive = Self.pax("164 linkpath=\(target)\n") + Self.link(to: "cut")
        #expect(Tar.firstEntry(in: archive) == .link(target))
        #expect(Tar.firstEntry(in: Self.pax("12 path=abcd\n") + Self.link(to: "t")) == .link("t"))
    }
}
