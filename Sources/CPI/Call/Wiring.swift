import Engine
import Journal
import Logging

/// Puts together what a call works with: Docker, journal, locks, clock and log.
struct Wiring {
    /// Stands for Docker in tests; nil for libcurl.
    var transport: Transport?
    var clock = Clock.system
    var logger = Logger(label: "docker-cpi")
    var sleep: (Double) -> Void = World.sleep
    /// Where the CPIs of this machine meet; tests have their locks for themselves.
    var sharedLocks: String? = Locks.shared
    /// Cleans what goes to journal, log and answer.
    let redactor = Redactor()

    /// How long a call waits for other writers of the journal.
    enum Access {
        case reading, writing

        /// In milliseconds. What only looks goes unrecorded then.
        var busyTimeout: Int32 {
            switch self {
            case .reading: 100
            case .writing: Journal.writersTimeout
            }
        }
    }

    /// A world for one call, with a new operation. Connects to nothing yet.
    func world(_ caller: CallContext, _ configuration: Configuration, _ access: Access) -> World {
        let logger = logger.redacted(by: redactor)
        // Read while files can be opened: one that does not know its machine counts as one of another.
        if access == .writing { _ = Machine.here }
        let place = JournalPlace.open(configuration.journal.directory, access, logger)
        let id = OperationID(at: clock.wall()).text
        let store = JournalStore(place.journal, clock: clock, logger: logger, redactor: redactor)
        return World(
            engine: engine(configuration, logger), configuration: configuration,
            request: caller,
            operation: id, recorder: Recorder(store, id: id),
            locks: Locks(place.directory, shared: sharedLocks, logger: logger), logger: logger,
            clock: clock, sleep: sleep)
    }

    private func engine(_ configuration: Configuration, _ logger: Logger) -> Engine {
        let ceiling = configuration.docker.usableCeiling(logger)
        guard let transport else { return configuration.engine(ceiling: ceiling) }
        return Engine(
            address: configuration.docker.address.text, ceiling: ceiling,
            timeout: configuration.timeouts.request, transport: transport)
    }
}

extension Configuration {
    /// Its Docker, or that at `address`. Connects to nothing yet.
    func engine(at address: Address? = nil, ceiling: APIVersion) -> Engine {
        Engine(address ?? docker.address, ceiling: ceiling, timeout: timeouts.request)
    }
}

extension Configuration.Docker {
    /// The configured version is a ceiling. One below our floor (old manifests pin 1.22) is ignored.
    func usableCeiling(_ logger: Logger) -> APIVersion {
        guard let ceiling else { return Engine.ceiling }
        guard ceiling >= Engine.floor else {
            logger.warning(
                "api_version \(ceiling) is too old and ignored; \(Engine.floor) is needed")
            return Engine.ceiling
        }
        return ceiling
    }
}
