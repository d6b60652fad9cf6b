import Engine
import Glibc
import Journal
import Logging

/// What a method or a step may use: Docker, the configuration, the call itself, and the journal.
final class World {
    let engine: Engine
    let configuration: Configuration
    let request: CallContext
    /// Whose labels new objects get, and whose events are written.
    let operation: String
    let recorder: Recorder
    let locks: Locks
    let logger: Logger
    let clock: Clock
    /// Of the operation.
    let progress = Progress()
    private let sleeper: (Double) -> Void
    private var info: JSON?
    private var noneNetworks: [Network]?

    /// Of the operation's process. To be ended when the call has been answered, and not before.
    var signOfLife: SignOfLife?
    /// What this call has finished of others before its own work.
    var finished: [OpenOperation] = []

    init(
        engine: Engine, configuration: Configuration, request: CallContext, operation: String,
        recorder: Recorder, locks: Locks, logger: Logger, clock: Clock = .system,
        sleep: @escaping (Double) -> Void = World.sleep
    ) {
        self.engine = engine
        self.configuration = configuration
        self.request = request
        self.operation = operation
        self.recorder = recorder
        self.locks = locks
        self.logger = logger
        self.clock = clock
        sleeper = sleep
    }

    /// The same world for an operation that was begun earlier: recovery acts in its name.
    func acting(as operation: Operation) -> World {
        let context = CallContext(
            director: operation.director, requestID: operation.request, isVersion2: true)
        return another(operation.id, context, recorder.another(operation.id, resumed: true))
    }

    /// The same world for a further operation of the same call.
    func furtherOperation() -> World {
        let id = OperationID(at: clock.wall()).text
        return another(id, request, recorder.another(id, resumed: false))
    }

    /// The same world on another Docker.
    func on(_ engine: Engine) -> World { another(operation, request, recorder, on: engine) }

    private func another(
        _ operation: String, _ request: CallContext, _ recorder: Recorder, on engine: Engine? = nil
    ) -> World {
        World(
            engine: engine ?? self.engine, configuration: configuration, request: request,
            operation: operation,
            recorder: recorder, locks: locks, logger: logger, clock: clock, sleep: sleeper)
    }

    /// What Docker says of itself, asked for once: it takes an Engine longer than most effects.
    func engineInfo() throws -> JSON {
        if let info { return info }
        let asked = try engine.info()
        info = asked
        return asked
    }

    /// The id of the network "none", which each Docker has and nobody can remove; nil on podman. Asked for
    /// once.
    func builtInNetwork() throws -> String? {
        let networks = try noneNetworks ?? engine.networks(named: ["none"])
        noneNetworks = networks
        return networks.first { $0.name == "none" && $0.driver == "null" }?.id
    }

    func sleep(seconds: Double) { sleeper(seconds) }

    /// Whether this call has finished, before its own work, an interrupted operation of that method about that.
    func hasJustFinished(_ method: String, _ subject: Subject) -> Bool {
        finished.contains { $0.operation.method == method && $0.subjects.contains(subject) }
    }

    /// Now, in RFC 3339 and UTC.
    var timestamp: String { Timestamp.text(clock.wall()) }

    /// Logs a warning on stderr and keeps it in the journal.
    func warn(_ text: String) {
        logger.warning("\(text)")
        recorder.note(.warning(text))
    }

    /// Names that mean nothing here: for another CPI, or misspelt.
    func warn(ofUnknown names: [String], in what: String) {
        guard !names.isEmpty else { return }
        let list = names.map { $0.prefix(60) }.joined(separator: ", ")
        warn("\(what) that are not known here are ignored: \(list)")
    }

    /// Logs what something took, or how it went, and keeps it in the journal.
    func note(_ text: String) {
        logger.info("\(text)")
        recorder.note(.note(text))
    }

    static func sleep(_ seconds: Double) { usleep(UInt32(seconds * 1_000_000)) }
}
