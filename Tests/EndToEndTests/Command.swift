import Foundation
import Testing

/// Runs a program to its end.
enum Command {
    struct Result {
        let stdout: String
        let stderr: String
        let exitCode: Int32
        let wasKilled: Bool
        /// The most memory it had at once, in KiB.
        var memory = 0
    }

    static func run(
        _ path: String, _ arguments: [String], input: [UInt8] = [],
        environment: [String: String]? = nil, started: (Int32) -> Void = { _ in }
    ) throws -> Result {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        if let environment { process.environment = environment }
        let stdin = Pipe()
        let outputs = try (0..<2).map { _ in try TemporaryFile() }
        process.standardInput = stdin
        process.standardOutput = outputs[0].handle
        process.standardError = outputs[1].handle
        try process.run()
        started(process.processIdentifier)
        signal(SIGPIPE, SIG_IGN)
        try? stdin.fileHandleForWriting.write(contentsOf: Data(input))
        try? stdin.fileHandleForWriting.close()
        process.waitUntilExit()
        return Result(
            stdout: outputs[0].text, stderr: outputs[1].text, exitCode: process.terminationStatus,
            wasKilled: process.terminationReason == .uncaughtSignal)
    }
}

extension Command {
    /// Runs a script of bash, which must succeed; returns its output.
    @discardableResult
    static func shell(_ script: String) throws -> String {
        let result = try run("/bin/bash", ["-c", script])
        try #require(result.exitCode == 0, "\(script): \(result.stderr)")
        return result.stdout
    }
}

extension Command {
    /// A program that goes on until it is stopped.
    final class Background {
        fileprivate let process = Process()
        fileprivate let stdin = Pipe()

        func write(_ text: String) throws {
            try stdin.fileHandleForWriting.write(contentsOf: Data(text.utf8))
        }

        func stop() {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
    }

    static func start(_ path: String, _ arguments: [String]) throws -> Background {
        let background = Background()
        background.process.executableURL = URL(fileURLWithPath: path)
        background.process.arguments = arguments
        background.process.standardInput = background.stdin
        background.process.standardOutput = FileHandle.nullDevice
        background.process.standardError = FileHandle.nullDevice
        try background.process.run()
        return background
    }
}

/// A file without a name, for output of any length.
private final class TemporaryFile {
    let handle: FileHandle
    private let path: String

    init() throws {
        path = NSTemporaryDirectory() + "cpi-output-" + UUID().uuidString
        try Data().write(to: URL(fileURLWithPath: path))
        handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var text: String {
        (try? String(decoding: Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)) ?? ""
    }
}
