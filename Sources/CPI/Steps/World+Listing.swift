import Engine

extension World {
    /// A container for a list: nil when it is gone. One that Docker cannot describe (a broken one is
    /// answered 500 for as long as it is there) is logged and left out, so that the list tells of the
    /// others. Throws `EngineError` when Docker does not answer.
    func listed(_ id: String, called name: String) throws -> Container? {
        try orLeftOut("container \(name)") { try engine.container(id) }
    }

    func listed(_ summary: ContainerSummary) throws -> Container? {
        try listed(summary.id, called: summary.name)
    }

    /// Whether a container is there and, where Docker can describe it, is what is wanted.
    func isThere(_ id: String, _ isWanted: (Container) -> Bool = { _ in true }) throws -> Bool {
        do {
            return try engine.container(id).map(isWanted) ?? false
        } catch let error as EngineError where error.isFault {
            return true
        }
    }

    /// What `look` sees of one thing of many; nil, with a warning, where Docker cannot describe it (5xx).
    func orLeftOut<Value>(_ what: String, _ look: () throws -> Value?) throws -> Value? {
        do {
            return try look()
        } catch let error as EngineError where error.isFault {
            logger.warning("\(what) is left out, Docker cannot describe it: \(error)")
            return nil
        }
    }
}
