import Engine

/// The answer: result, error and log are always there, as the director insists (contract §1.3).
enum CallResponse {
    static func success(_ result: JSON) -> [UInt8] {
        (["result": result, "error": .null, "log": ""] as JSON).bytes
    }

    /// What Docker says of a failure may repeat what it was given: the text is cleaned here.
    static func failure(_ error: CPIError, _ redactor: Redactor) -> [UInt8] {
        let error = redactor.clean(error)
        let body: JSON = [
            "type": .string(error.kind.rawValue), "message": .string(error.message),
            "ok_to_retry": .bool(error.okToRetry),
        ]
        return (["result": .null, "error": body, "log": ""] as JSON).bytes
    }
}
