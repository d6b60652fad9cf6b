import Engine
import Journal
import Logging

/// Answers one request. Nothing is thrown past `answer`.
public struct Service {
    /// The answer's bytes, and what to do when they have been written or could not be.
    public struct Answer {
        public let bytes: [UInt8]
        public let replied: (Bool) -> Void
    }

    private let configuration: () throws -> Configuration
    private let transport: Transport?
    private let clock: Clock
    private let logger: Logger
    private let sleep: (Double) -> Void
    private let sharedLocks: String?

    public init(configurationPath: String, clock: Clock = .system) {
        self.init(
            configuration: { try Configuration(path: configurationPath) }, transport: nil,
            clock: clock)
    }

    /// `transport` stands for Docker in tests, which also have their locks for themselves.
    init(
        configuration: @escaping () throws -> Configuration, transport: Transport?,
        clock: Clock = .system, logger: Logger = Logger(label: "docker-cpi"),
        sleep: @escaping (Double) -> Void = World.sleep, sharedLocks: String? = Locks.shared
    ) {
        self.configuration = configuration
        self.transport = transport
        self.sharedLocks = sharedLocks
        self.clock = clock
        self.logger = logger
        self.sleep = sleep
    }

    public func answer(_ bytes: [UInt8]) -> Answer {
        do {
            let request = try CallRequest(parsing: bytes)
            let configuration = try configuration().overridden(by: request.context)
            if let query = Methods.query(request.method) {
                return try answer(query, request, configuration)
            }
            if let mutation = Methods.mutation(request.method) {
                return try answer(mutation, request, configuration)
            }
            let error = CPIError(
                kind: .notImplemented, message: "there is no method \(request.shownMethod) here")
            return refuse(error, request.shownMethod, request.caller, configuration)
        } catch {
            let nobody = CallContext(director: nil, requestID: nil, isVersion2: false)
            return refuse(.from(error), "unreadable", nobody, try? configuration())
        }
    }

    /// What is no call of ours is recorded as well, as far as there is a journal.
    private func refuse(
        _ error: CPIError, _ method: String, _ caller: CallContext, _ configuration: Configuration?
    ) -> Answer {
        let bytes = CallResponse.failure(error)
        guard let configuration, let world = try? world(caller, configuration, busyTimeout: 100)
        else {
            return Answer(bytes: bytes, replied: { _ in })
        }
        return Answer(bytes: bytes) { delivered in
            world.recorder.note(
                .outcome, data: ["state": "failed", "error": .string(error.message)])
            world.recorder.note(.replied, data: ["delivered": .bool(delivered)])
            world.recorder.recordWhole(
                Intent(world, method, mutating: false, plan: nil, subjects: [], daemon: nil))
        }
    }

    /// A read-only call: one commit at the end, after the answer. It waits for nothing.
    private func answer<Q: Query>(
        _ type: Q.Type, _ request: CallRequest, _ configuration: Configuration
    ) throws -> Answer {
        let world = try world(request.caller, configuration, busyTimeout: 100)
        world.recorder.watch(world.engine, effectsOnly: false)
        var subjects: [Subject] = []
        let bytes: [UInt8]
        do {
            let query = try Q(request.arguments)
            subjects = query.subjects
            let result = try query.answer(world)
            world.recorder.note(.outcome, data: ["state": "done"])
            bytes = CallResponse.success(result)
        } catch {
            let error = CPIError.from(error)
            world.recorder.note(
                .outcome, data: ["state": "failed", "error": .string(error.message)])
            bytes = CallResponse.failure(error)
        }
        let intent = Intent(
            world, Q.name, mutating: false, plan: nil, subjects: subjects, daemon: nil)
        return Answer(bytes: bytes) { delivered in
            world.recorder.note(.replied, data: ["delivered": .bool(delivered)])
            world.recorder.recordWhole(intent)
            world.recorder.trim()
        }
    }

    private func answer<M: Mutation>(
        _ type: M.Type, _ request: CallRequest, _ configuration: Configuration
    ) throws -> Answer {
        let world = try world(request.caller, configuration, busyTimeout: 30_000)
        world.recorder.watch(world.engine, effectsOnly: true)
        let bytes: [UInt8]
        do {
            bytes = CallResponse.success(
                try Call(method: try M(request.arguments), world: world).run())
        } catch {
            bytes = CallResponse.failure(.from(error))
            if world.recorder.isOpen {
                world.recorder.end(
                    .failed, error: CPIError.from(error).message,
                    intent: Intent(
                        world, M.name, mutating: true, plan: nil, subjects: [], daemon: nil))
            }
        }
        return Answer(bytes: bytes) { delivered in
            world.recorder.record(.replied, data: ["delivered": .bool(delivered)])
            world.recorder.prune(days: configuration.journal.retentionDays)
            world.recorder.trim()
        }
    }

    private func world(_ caller: CallContext, _ configuration: Configuration, busyTimeout: Int32)
        throws -> World
    {
        let place = JournalPlace.open(
            configuration.journal.directory, busyTimeout: busyTimeout, logger)
        let id = OperationID(at: clock.wall()).text
        return World(
            engine: try engine(configuration), configuration: configuration,
            request: caller,
            operation: id,
            recorder: Recorder(place.journal, id: id, clock: clock, logger: logger),
            locks: Locks(place.directory, shared: sharedLocks, logger: logger), logger: logger,
            clock: clock, sleep: sleep)
    }

    private func engine(_ configuration: Configuration) throws -> Engine {
        let docker = configuration.docker
        let ceiling = docker.usableCeiling(logger)
        guard let transport else {
            return try Engine(
                docker.address, ceiling: ceiling, timeout: configuration.timeouts.request)
        }
        return Engine(
            address: docker.address.text, ceiling: ceiling,
            timeout: configuration.timeouts.request, transport: transport)
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

extension CallRequest {
    fileprivate var caller: CallContext {
        CallContext(director: director, requestID: requestID, isVersion2: isVersion2)
    }

    /// A method's name for an error text: whatever came in, not more than a line of it.
    fileprivate var shownMethod: String {
        String(
            method.unicodeScalars.filter { $0.isASCII && $0.value >= 0x20 }.prefix(60).map(
                Character.init))
    }
}
