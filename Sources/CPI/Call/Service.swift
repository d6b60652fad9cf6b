import Engine
import Journal
import Logging

/// Answers one request: finds the method and makes the call. Nothing is thrown past `answer`.
struct Service {
    /// The answer's bytes, and what to do when they have been written or could not be.
    struct Answer {
        let bytes: [UInt8]
        let replied: (Bool) -> Void
    }

    /// By the context of a call.
    private let configuration: (JSON) throws -> Configuration
    private let wiring: Wiring

    init(configurationPath: String, clock: Clock = .system) {
        self.init(
            configuration: { try Configuration(path: configurationPath, context: $0) },
            wiring: Wiring(transport: nil, clock: clock))
    }

    init(configuration: @escaping (JSON) throws -> Configuration, wiring: Wiring) {
        self.configuration = configuration
        self.wiring = wiring
    }

    func answer(_ bytes: [UInt8]) -> Answer {
        let request: CallRequest
        do {
            request = try CallRequest(parsing: bytes)
        } catch {
            let unknown = CallContext(director: nil, requestID: nil, isVersion2: false)
            return refuse(error, "unreadable", unknown)
        }
        do {
            return try answer(request)
        } catch {
            return refuse(error, request.shownMethod, request.caller)
        }
    }

    private func answer(_ request: CallRequest) throws -> Answer {
        wiring.redactor.learn(from: request)
        let configuration = try configuration(request.context)
        wiring.redactor.learn(from: configuration)
        if let query = Methods.query(request.method) {
            return answer(query, request, configuration)
        }
        if let mutation = Methods.mutation(request.method) {
            return answer(mutation, request, configuration)
        }
        throw CPIError(
            kind: .notImplemented, message: "there is no method \(request.shownMethod) here")
    }

    /// Requests that cannot be read and unknown methods are recorded as well, where the configuration, without the call's
    /// context, and the journal can be opened.
    private func refuse(_ error: Error, _ method: String, _ caller: CallContext) -> Answer {
        let error = CPIError.from(error)
        let bytes = CallResponse.failure(error, wiring.redactor)
        guard let configuration = try? configuration(.null) else {
            return Answer(bytes: bytes, replied: { _ in })
        }
        let world = wiring.world(caller, configuration, .reading)
        return Answer(bytes: bytes) { delivered in
            world.recorder.note(.outcome(.failed, error: error.message))
            world.recorder.note(.replied(delivered: delivered))
            world.recorder.recordWhole(
                Intent(world, method, mutating: false, plan: nil, subjects: [], daemon: nil))
        }
    }

    /// A read-only call: one commit at the end, after the answer. It waits for nothing.
    private func answer<Q: Query>(
        _ type: Q.Type, _ request: CallRequest, _ configuration: Configuration
    ) -> Answer {
        let world = wiring.world(request.caller, configuration, .reading)
        world.recorder.watch(world.engine, effectsOnly: false)
        var subjects: [Subject] = []
        let bytes: [UInt8]
        do {
            let query = try Q.decoded(request.arguments, world)
            subjects = query.subjects
            let result = try query.answer(world)
            world.recorder.note(.outcome(.done, error: nil))
            bytes = CallResponse.success(result)
        } catch {
            let error = CPIError.from(error)
            world.recorder.note(.outcome(.failed, error: error.message))
            bytes = CallResponse.failure(error, wiring.redactor)
        }
        let intent = Intent(
            world, Q.name, mutating: false, plan: nil, subjects: subjects, daemon: nil)
        return Answer(bytes: bytes) { delivered in
            world.recorder.note(.replied(delivered: delivered))
            world.recorder.recordWhole(intent)
            world.recorder.store.trim()
        }
    }

    private func answer<M: Mutation>(
        _ type: M.Type, _ request: CallRequest, _ configuration: Configuration
    ) -> Answer {
        let world = wiring.world(request.caller, configuration, .writing)
        world.recorder.watch(world.engine, effectsOnly: true)
        let bytes: [UInt8]
        var isError = false
        do {
            bytes = CallResponse.success(
                try Call(method: try M.decoded(request.arguments, world), world: world).run())
        } catch {
            let error = CPIError.from(error)
            isError = true
            bytes = CallResponse.failure(error, wiring.redactor)
            if world.recorder.isOpen {
                world.recorder.fail(
                    error.message,
                    intent: Intent(
                        world, M.name, mutating: true, plan: nil, subjects: [], daemon: nil))
            }
        }
        return Answer(bytes: bytes) { [isError] delivered in
            world.recorder.record(.replied(delivered: delivered, isError: isError))
            world.signOfLife?.end()
            world.recorder.store.prune(days: configuration.journal.retentionDays)
            world.recorder.store.trim()
        }
    }
}

extension CallRequest {
    fileprivate var caller: CallContext {
        CallContext(
            director: director, requestID: requestID, isVersion2: isVersion2,
            stemcellAPIVersion: stemcellAPIVersion)
    }

    /// A method's name for an error text: whatever came in, not more than a line of it.
    fileprivate var shownMethod: String {
        String(
            method.unicodeScalars.filter { $0.isASCII && $0.value >= 0x20 }.prefix(60).map(
                Character.init))
    }
}
