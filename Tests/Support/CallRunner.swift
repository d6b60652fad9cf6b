import Engine
import FoundationEssentials
import Glibc
import Journal
import Logging
import Synchronization

@testable import CPI

/// The answer of a call that failed, as the director gets it.
struct CallFailure: Error, CustomStringConvertible {
    let type: String
    let message: String
    let okToRetry: Bool

    var description: String { "\(type): \(message)" }
}

/// The CPI with a FakeDocker, virtual time and a journal in a directory of its own. Each call is
/// what a process would be: nothing is kept from one to the next but Docker and the journal.
final class CallRunner {
    let docker: FakeDocker
    let directory: TemporaryDirectory
    /// Where all calls on one Docker meet, also those of a copy: as in real life it outlasts a journal.
    let locks: TemporaryDirectory
    let time: VirtualTime
    let log = LogLines()
    var configuration: JSON
    /// Whose calls they are.
    var director = "director-1"
    /// Whether answers reach the director.
    var delivers = true
    /// What the caller says of the stemcell; nil for nothing.
    var stemcellAPIVersion: Int64? = 3

    /// With `other`: what that one is at this moment, to go on apart from it.
    init(_ docker: FakeDocker = FakeDocker(), copying other: CallRunner? = nil) throws {
        CallRunner.keepOutOfTheHome
        directory = try other.map { try .copy(of: $0.directory.path) } ?? TemporaryDirectory()
        locks = try other?.locks ?? TemporaryDirectory()
        time = VirtualTime(after: other?.time)
        self.docker = docker
        configuration = [
            "Actions": [
                "Docker": ["host": "unix:///var/run/docker.sock"],
                "Agent": ["Mbus": "nats://nats:nats-secret@10.0.0.6:4222", "NTP": ["ntp.example"]],
            ],
            "journal": ["directory": .string(directory.path)],
            // What tests of live attach set to auto.
            "attach": "restart",
        ]
        if let other {
            configuration = other.configuration
            stemcellAPIVersion = other.stemcellAPIVersion
            configuration["journal"]["directory"] = .string(directory.path)
        }
    }

    /// Without a usable directory the CPI tries one of the user's own: that must be no real one.
    private static let keepOutOfTheHome: Void = {
        setenv("XDG_STATE_HOME", "/tmp/cpi-test-state", 1)
    }()

    var logger: Logger { Logger(label: "test") { _ in self.log.handler } }

    /// Calls a method; throws `CallFailure`. `version` nil leaves api_version out.
    @discardableResult
    func call(
        _ method: String, _ arguments: [JSON], version: Int? = 2, context: JSON = [:]
    ) throws -> JSON {
        let stemcell = stemcellAPIVersion.map(JSON.integer) ?? .null
        var request: JSON = [
            "method": .string(method), "arguments": .array(arguments),
            "context": .object(
                (context.object ?? [:]).merging(
                    [
                        "director_uuid": .string(director), "request_id": "cpi-123456",
                        "vm": ["stemcell": ["api_version": stemcell]],
                    ]) { own, _ in own }),
        ]
        if let version { request["api_version"] = .integer(Int64(version)) }
        let answer = try JSON(parsing: answer(request.bytes))
        guard let error = answer["error"].object else { return answer["result"] }
        throw CallFailure(
            type: error["type"]?.string ?? "", message: error["message"]?.string ?? "",
            okToRetry: error["ok_to_retry"]?.bool ?? false)
    }

    /// The bytes on stdout for bytes on stdin.
    func answer(_ bytes: [UInt8]) -> [UInt8] {
        let configuration = configuration
        let service = Service(
            configuration: { try Configuration(configuration, context: $0) },
            wiring: Wiring(
                transport: docker.transport, clock: time.clock, logger: logger, sleep: time.sleep,
                sharedLocks: locks.path))
        let answer = service.answer(bytes)
        if delivers, !docker.isDead { answer.replied(true) }
        return answer.bytes
    }

    /// The journal as an operator reads it.
    func journal() throws -> Journal {
        try Journal(reading: directory.path + "/" + Journal.fileName)
    }

    /// Removes it, and the locks beside it.
    func loseJournal() throws {
        let files = FileManager.default
        for name in try files.contentsOfDirectory(atPath: directory.path)
        where name.hasPrefix("journal") || name == "locks" {
            try files.removeItem(atPath: directory.path + "/" + name)
        }
    }

    /// The operation that began last.
    func lastOperation() throws -> Operation { try journal().operation("last") }

    /// "doing:mark vm done:mark vm …": what the last operation did, by its events about steps.
    func lastEvents() throws -> [String] {
        let journal = try journal()
        return try journal.events(of: journal.operation("last").id).map { event in
            event.step.map { "\(event.kind.rawValue):\($0)" } ?? event.kind.rawValue
        }
    }

    /// What `cpi-admin orphans` would name. `journal: false`: as if the journal were lost.
    func orphans(journal: Bool = false) throws -> [Orphan] {
        try operatorRecovery(journal: journal).orphans()
    }

    /// Settles what is open, as `cpi-admin recover` does, in the way that is wished. What cannot be
    /// settled throws.
    func recover(_ wish: Operation.Direction? = nil) throws {
        let recovery = try operatorRecovery(journal: true)
        for one in try recovery.cases(nil, wish) where one.operation.state == .running {
            guard one.owner == nil else { continue }
            _ = try recovery.settle(one, wish)
        }
        if wish == nil { _ = try recovery.tidyOldContainers() }
    }

    /// The operator's side, over the same Docker and the same files.
    func operatorRecovery(journal needsJournal: Bool) throws -> OperatorRecovery {
        let journal =
            needsJournal ? try Journal(directory: directory.path, busyTimeout: 5_000) : nil
        let store = JournalStore(journal, clock: time.clock, logger: logger)
        let configuration = try Configuration(configuration)
        return OperatorRecovery(
            journal: journal,
            world: World(
                engine: Engine(
                    address: configuration.docker.address.text, timeout: 60,
                    transport: docker.transport),
                configuration: configuration,
                request: CallContext(director: nil, requestID: nil, isVersion2: true),
                operation: "",
                recorder: Recorder(store, id: "", resumed: true),
                locks: Locks(directory.path, shared: locks.path, logger: logger), logger: logger,
                clock: time.clock, sleep: time.sleep))
    }

    /// The changes made in Docker since the last look, as one text. `names` stand for CIDs.
    func story(_ names: [String: String] = [:]) -> String {
        var text = docker.story.joined(separator: "\n")
        for (cid, name) in names { text = text.replacing(cid, with: name) }
        docker.forget()
        return text.replacing(/:[0-9a-hjkmnp-tv-z]{14}\b/, with: ":OP")
            .replacing(/\.old-[0-9a-f]{12}/, with: ".old")
    }
}

/// What went to the log.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    func add(_ line: String) { lines.withLock { $0.append(line) } }

    var text: String { lines.withLock { $0.joined(separator: "\n") } }

    var handler: any LogHandler { Handler(lines: self) }

    private struct Handler: LogHandler {
        let lines: LogLines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { lines.add("\(event.level): \(event.message)") }
    }
}
