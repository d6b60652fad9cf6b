import Engine
import Journal

/// What an event says beside its kind and step. Beside the journal's own tables (`Journal+Projection`) the
/// only code that knows the keys of events' data.
public enum EventPayload: Sendable, Equatable {
    /// Around a step's effect.
    case doing, done
    /// The reply was lost, and Docker shows that the step took effect.
    case observed(reply: String)
    /// A step failed or could not be undone.
    case failed(error: String)
    /// Around taking an effect back.
    case undoing(UndoingBegan?), undone
    /// A recovery begins.
    case attempt
    /// One request to Docker; status nil when no reply came.
    case request(String, status: Int?)
    /// Something that an operator should know and that did not fail the operation.
    case warning(String)
    /// What something took, or how it went.
    case note(String)
    /// `byOperator`: a person has decided it, with cpi-admin.
    case outcome(Operation.State, error: String?, byOperator: Bool = false)
    /// The answer was written to stdout, or nobody was reading any more. `isError`: it is known to be an error.
    case replied(delivered: Bool, isError: Bool = false)
    /// What was asked for: all else of it is read as an `Operation`.
    case intent(method: String)
}

/// How things were when an operation began to go back.
public struct UndoingBegan: Sendable, Equatable {
    /// When the replacement was started last, as Docker writes it; nil when it never was. Another
    /// time later means that somebody has started it since.
    public let replacementStarted: String?
}

extension EventPayload {
    var kind: Event.Kind {
        switch self {
        case .doing: .doing
        case .done: .done
        case .observed: .observed
        case .failed: .failed
        case .undoing: .undoing
        case .undone: .undone
        case .attempt: .attempt
        case .request: .request
        case .warning: .warning
        case .note: .note
        case .outcome: .outcome
        case .replied: .replied
        case .intent: .intent
        }
    }

    /// The event's data; nil for kinds that say all by themselves.
    var json: JSON? {
        switch self {
        case .doing, .done, .undone, .attempt, .intent, .undoing(nil): nil
        case .observed(let reply): ["reply": .string(reply)]
        case .failed(let error): ["error": .string(error)]
        case .undoing(let began?):
            ["replacement_started": JSON(began.replacementStarted)]
        case .request(let line, let status):
            ["request": .string(line), "status": JSON(status)]
        case .warning(let text), .note(let text): ["text": .string(text)]
        case .outcome(let state, let error, let byOperator):
            .object(
                [
                    "state": .string(state.rawValue), "error": error.map(JSON.string),
                    "by": byOperator ? "operator" : nil,
                ].compactMapValues(\.self))
        case .replied(let delivered, let isError):
            .object(
                ["delivered": .bool(delivered), "error": isError ? true : nil]
                    .compactMapValues(\.self))
        }
    }

    /// What an event of the journal says. What is missing in it is an empty text.
    public init(_ event: Event) {
        let data = event.data.flatMap { try? JSON(parsing: $0.utf8) } ?? .null
        switch event.kind {
        case .intent: self = .intent(method: data["method"].string ?? "?")
        case .doing: self = .doing
        case .done: self = .done
        case .undone: self = .undone
        case .attempt: self = .attempt
        case .observed: self = .observed(reply: data["reply"].string ?? "")
        case .failed: self = .failed(error: data["error"].string ?? "")
        case .undoing:
            self = .undoing(
                data.isNull
                    ? nil : UndoingBegan(replacementStarted: data["replacement_started"].string))
        case .request:
            self = .request(data["request"].string ?? "", status: data["status"].int)
        case .warning: self = .warning(data["text"].string ?? "")
        case .note: self = .note(data["text"].string ?? "")
        case .outcome:
            self = .outcome(
                Operation.State(rawValue: data["state"].string ?? "") ?? .failed,
                error: data["error"].string, byOperator: data["by"] == "operator")
        case .replied:
            self = .replied(
                delivered: data["delivered"].bool ?? false, isError: data["error"].bool ?? false)
        }
    }
}
