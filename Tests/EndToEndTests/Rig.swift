import Foundation
import Testing

@testable import Engine

/// What a CPI process left behind.
struct Answer {
    let json: JSON
    let stdout: String
    let stderr: String
    let exitCode: Int32
    /// The signal that ended it, if one did.
    let wasKilled: Bool

    var result: JSON { json["result"] }
    var errorType: String? { json["error"]["type"].string }
    var errorMessage: String { json["error"]["message"].string ?? "" }
    var mayRetry: Bool? { json["error"]["ok_to_retry"].bool }
}

/// The real executables, a configuration and a journal of their own, and a real Engine to work on.
/// Whatever is made through it is removed by `tearDown`, the last first.
final class Rig {
    let directory: String
    let engine: Engine
    let testEngine: TestEngine
    var dockerHost: String { testEngine.host }
    /// What the executables are told.
    var directHost: JSON { testEngine.tls?.docker["host"] ?? .string(dockerHost) }
    var socket: String { String(dockerHost.dropFirst("unix://".count)) }
    var stemcell: String { testEngine.stemcell }
    private(set) var configuration: JSON
    /// Words before the executable that make it run as if elsewhere.
    var machine: [String] = []
    /// What calls say of the VM's stemcell.
    var stemcellAPIVersion: Int64 = 3
    private var cleanups: [(order: Order, run: () -> Void)] = []

    /// A disk can go when its VMs are gone, a network when nobody is on it.
    enum Order: Int { case vms, disks, networks }

    static let executables: String = {
        let test =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: test).deletingLastPathComponent().path
    }()
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    /// On the Engine that the test has for itself, unless another one is given.
    init(on engine: TestEngine? = nil, _ change: (inout JSON) -> Void = { _ in }) throws {
        testEngine = try #require(engine ?? TestEngine.current)
        let host = testEngine.host
        self.engine = Engine(try Address(host), timeout: 60)
        directory = NSTemporaryDirectory() + "cpi-e2e-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        configuration = [
            "Actions": [
                "Docker": ["host": .string(host), "api_version": "1.51"],
                "Agent": ["Mbus": "https://agent:top-secret@0.0.0.0:6868", "NTP": []],
            ],
            "journal": ["directory": .string(directory + "/journal")],
            "timeouts": ["agent_ready": 20, "stop": 5, "lock": 30],
            // What most tests are about; those of live attach have a rig of their own.
            "attach": "restart",
        ]
        if let tls = testEngine.tls { configuration["Actions"]["Docker"] = tls.docker }
        change(&configuration)
        try save(configuration)
    }

    var configurationPath: String { directory + "/cpi.json" }
    var journalPath: String { directory + "/journal/journal.db" }

    func save(_ configuration: JSON) throws {
        self.configuration = configuration
        try Data(configuration.bytes).write(to: URL(fileURLWithPath: configurationPath))
    }

    /// Calls a CPI method through the real executable.
    func call(_ method: String, _ arguments: JSON, version: Int? = 2) throws -> Answer {
        try send(Rig.request(method, arguments, version: version, stemcell: stemcellAPIVersion))
    }

    /// As `call`; an error is a failure of the test.
    @discardableResult
    func result(
        _ method: String, _ arguments: JSON, at location: SourceLocation = #_sourceLocation
    ) throws -> JSON {
        let answer = try call(method, arguments)
        try #require(
            answer.json["error"].isNull && answer.exitCode == 0,
            "\(method): \(answer.stdout)\(answer.stderr)", sourceLocation: location)
        return answer.result
    }

    static func request(
        _ method: String, _ arguments: JSON, version: Int? = 2, stemcell: Int64 = 3
    ) -> [UInt8] {
        var request: JSON = [
            "method": .string(method), "arguments": arguments,
            "context": [
                "director_uuid": "e2e", "request_id": "cpi-000001",
                "vm": ["stemcell": ["api_version": .integer(stemcell)]],
            ],
        ]
        if let version { request["api_version"] = .integer(Int64(version)) }
        return request.bytes
    }

    /// Any bytes on stdin. `started` gets the process id as soon as there is one.
    func send(
        _ bytes: [UInt8], configuration: String? = nil, environment: [String: String] = [:],
        started: (Int32) -> Void = { _ in }
    ) throws -> Answer {
        let words = ["-configPath", configuration ?? configurationPath]
        let run = try Command.run(
            "/usr/bin/env", command("docker-cpi", words, on: machine), input: bytes,
            environment: environment.merging(["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]) { $1 },
            started: started)
        let json = (try? JSON(parsing: run.stdout.utf8)) ?? .null
        return Answer(
            json: json, stdout: run.stdout, stderr: run.stderr, exitCode: run.exitCode,
            wasKilled: run.wasKilled)
    }

    func admin(_ arguments: String...) throws -> Command.Result { try admin(arguments) }

    /// `input`: what is typed.
    func admin(
        _ arguments: [String], input: String = "", started: (Int32) -> Void = { _ in }
    ) throws -> Command.Result {
        try Command.run(
            "/usr/bin/env", command("cpi-admin", arguments + ["--config", configurationPath]),
            input: Array(input.utf8), started: started)
    }

    /// A command as /usr/bin/env starts it where the executables reach the Engine.
    func words(_ command: [String]) -> [String] { (testEngine.tls?.route ?? []) + command }

    /// An executable, the same way.
    func command(_ name: String, _ arguments: [String], on machine: [String] = []) -> [String] {
        words(machine + ["\(Rig.executables)/\(name)"] + arguments)
    }

    /// The same in a script of bash.
    func script(_ name: String, _ arguments: String...) -> String {
        (["/usr/bin/env"] + command(name, arguments)).map { "'\($0)'" }.joined(separator: " ")
    }

    /// The same for a call.
    var callScript: String { script("docker-cpi", "-configPath", configurationPath) }

    /// For the time of `body` the configuration has the proxy in Docker's place.
    func through<T>(_ proxy: WireProxy, _ body: () throws -> T) throws -> T {
        let direct = configuration
        var proxied = direct
        proxied["Actions"]["Docker"]["host"] = .string("unix://" + proxy.path)
        try save(proxied)
        let result = try body()
        try save(direct)
        return result
    }

    /// A message to the agent in a VM.
    func agent(_ vm: String, _ words: String...) throws -> ExecResult {
        try engine.exec(vm, ["/var/vcap/bosh/bin/agent-call"] + words, seconds: 30)
    }

    /// As a director does after create_vm, attach_disk and reboot_vm.
    func awaitAgent(_ vm: String) throws {
        for _ in 0..<100 {
            if try agent(vm, "ping").exitCode == 0 { return }
            usleep(100_000)
        }
        Issue.record("the agent of \(vm) does not answer")
    }

    /// The VM that `interruptedAttach` made has its agent up and its file.
    func checkKept(_ vm: String, at location: SourceLocation = #_sourceLocation) throws {
        try awaitAgent(vm)
        #expect(try shell(vm, "cat /etc/marker") == "kept", sourceLocation: location)
    }

    func shell(_ vm: String, _ script: String) throws -> String {
        let result = try engine.exec(vm, ["/bin/sh", "-c", script], seconds: 30)
        try #require(result.exitCode == 0, "\(script): \(result.output)\(result.errors)")
        return result.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    func later(_ order: Order = .vms, _ cleanup: @escaping () -> Void) {
        cleanups.append((order, cleanup))
    }

    /// Removes what was made in Docker, and keeps the journal.
    func tearDownObjects() {
        for cleanup in cleanups.sorted(by: { $0.order.rawValue < $1.order.rawValue }) {
            cleanup.run()
        }
        cleanups = []
    }

    func tearDown() {
        tearDownObjects()
        try? FileManager.default.removeItem(atPath: directory)
    }
}

/// Numbers that no two tests share.
final class Counter: @unchecked Sendable {
    private let lock = NSLock()
    private var value = Int(getpid()) % 100

    func next() -> Int {
        lock.withLock {
            value = value % 250 + 1
            return value
        }
    }
}
