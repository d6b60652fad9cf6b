import Glibc

/// What a command inside a container left.
public struct ExecResult: Sendable {
    public let exitCode: Int
    public let output: String
    public let errors: String

    /// What it said, as a part of a message: its lines with semicolons between them, 300 characters at most,
    /// and no control characters. Whoever is root in the container chooses what it says.
    public var words: String { ExecResult.words(output + errors) }

    /// As the other `words`, of any output.
    public static func words(_ output: String) -> String {
        let lines = output.prefix(400).split(separator: "\n").joined(separator: "; ")
        let isCut = output.utf8.count > 400 || lines.count > 300
        let shown = lines.prefix(300).map { $0.isControl ? "?" : $0 }
        return String(shown) + (isCut ? " …" : "")
    }
}

extension Character {
    /// Whether a terminal may take it for a command, of seven bits or of eight.
    public var isControl: Bool { unicodeScalars.contains(where: \.isControl) }
}

extension Unicode.Scalar {
    /// Whether it is a control character.
    public var isControl: Bool { properties.generalCategory == .control }
}

/// https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Exec
extension Engine {
    /// The longest output of a command that is read, in bytes: 16 MiB.
    static let largestOutput = 16 << 20

    /// Runs a command in a running container and waits for its end, `seconds` at most. A command that cannot
    /// be started has exit code 126 or 127; -1 is that of one whose end the Engine does not tell within a
    /// second of it. Two requests, and one for each look until the Engine tells the end. Throws `EngineError`.
    public func exec(_ container: String, _ command: [String], seconds: Double) throws -> ExecResult
    {
        let created = try post(
            "/containers/\(container.percentEncoded)/exec", [],
            ["AttachStdout": true, "AttachStderr": true, "Cmd": JSON(command)])
        let id = (created["Id"].string ?? "").percentEncoded
        var request = Request("POST", "/exec/\(id)/start")
        request.body = .bytes(
            (["Detach": false, "Tty": false] as JSON).bytes, type: "application/json")
        request.limit = .total(seconds)
        request.largestBody = Engine.largestOutput
        guard let streams = ExecStreams(try send(request).body) else {
            throw EngineError.lost(
                address: address, request: request.summary,
                detail: "the command's output was cut off")
        }
        return ExecResult(
            exitCode: try exitCode(id), output: streams.output, errors: streams.errors)
    }

    /// An Engine may say "running" for some milliseconds after the output has ended.
    private func exitCode(_ id: String) throws -> Int {
        for _ in 0..<200 {
            let state = try get("/exec/\(id)/json")
            if state["Running"].bool == false { return state["ExitCode"].int ?? -1 }
            usleep(5_000)
        }
        return -1
    }
}

/// stdout and stderr in one connection: frames of eight bytes of header (kind, 0, 0, 0, length).
struct ExecStreams {
    private(set) var output = ""
    private(set) var errors = ""

    /// Nil when the last frame is cut off.
    init?(_ bytes: [UInt8]) {
        var out: [UInt8] = []
        var err: [UInt8] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            guard rest.count >= 8 else { return nil }
            let header = Array(rest.prefix(8))
            let length = header[4...].reduce(0) { $0 << 8 | Int($1) }
            rest = rest.dropFirst(8)
            guard rest.count >= length else { return nil }
            if header[0] == 1 { out += rest.prefix(length) } else { err += rest.prefix(length) }
            rest = rest.dropFirst(length)
        }
        output = String(decoding: out, as: UTF8.self)
        errors = String(decoding: err, as: UTF8.self)
    }
}
