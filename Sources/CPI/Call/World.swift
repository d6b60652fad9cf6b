import Engine
import FoundationEssentials
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
    private let sleeper: (Double) -> Void

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

    /// The same world for another operation: recovery acts in its name.
    func acting(as operation: String, _ request: CallContext, _ recorder: Recorder) -> World {
        World(
            engine: engine, configuration: configuration, request: request, operation: operation,
            recorder: recorder, locks: locks, logger: logger, clock: clock, sleep: sleeper)
    }

    func sleep(seconds: Double) { sleeper(seconds) }

    /// A name nobody has: `vm-` or `disk-` and a random UUID.
    func newName(_ prefix: String) -> String { "\(prefix)-\(UUID().uuidString.lowercased())" }

    /// Now, in RFC 3339 and UTC.
    var timestamp: String { Timestamp.text(clock.wall()) }

    /// Tells the operator on stderr, and whoever reads the journal later.
    func warn(_ text: String) {
        logger.warning("\(text)")
        recorder.note(.warning, data: ["text": .string(text)])
    }

    /// Asks again and again until `ask` says yes; false when `seconds` have passed.
    func wait(seconds: Double, every pause: Double, until ask: () throws -> Bool) rethrows -> Bool {
        let end = clock.monotonic() + Int64(seconds * 1_000_000)
        while true {
            if try ask() { return true }
            guard clock.monotonic() < end else { return false }
            sleep(seconds: pause)
        }
    }

    static func sleep(_ seconds: Double) { usleep(UInt32(seconds * 1_000_000)) }
}
