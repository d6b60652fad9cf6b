import Engine

/// How long Docker is asked again, and for what.
extension World {
    /// Asks again and again until `ask` says yes; false when `seconds` have passed. Most waits are short:
    /// the pauses grow from 20 ms, by half each time, to `pause` seconds.
    func wait(seconds: Double, every pause: Double, until ask: () throws -> Bool) rethrows -> Bool {
        let end = clock.monotonic() + Int64(seconds * 1_000_000)
        var next = min(0.02, pause)
        while true {
            if try ask() { return true }
            guard clock.monotonic() < end else { return false }
            sleep(seconds: next)
            next = min(next * 1.5, pause)
        }
    }

    /// Repeats a removal for some seconds while Docker answers 409; a few times when it answers 5xx
    /// or not at all. 404 is success. Else throws the `EngineError` of one that Docker may still carry out, also
    /// where it has answered 409 to a later one; else the last.
    func patiently(_ remove: () throws -> Void) throws {
        var last: EngineError?
        var lost: EngineError?
        var faults = 0
        let isDone = try wait(seconds: 10, every: 0.2) {
            do {
                try remove()
                return true
            } catch let error as EngineError where error.isNotFound {
                return true
            } catch let error as EngineError where error.isConflict {
                last = error
                return false
            } catch let error as EngineError where error.isOutcomeUnknown && faults < 3 {
                lost = error
                faults += 1
                return false
            }
        }
        guard !isDone, let error = lost ?? last else { return }
        if lost != nil, let last { warn("Docker has refused it as well: \(last)") }
        throw error
    }

    /// What `look` sees; nil when Docker gave no answer, which is logged: that says nothing of what is there.
    func ifAnswered<T>(_ what: String, _ look: () throws -> T) throws -> T? {
        do {
            return try look()
        } catch let error as EngineError where error.tellsNothing {
            logger.info("\(what) could not be looked at: \(error)")
            return nil
        }
    }

    /// Asks again while Docker fails (5xx) or gives no whole answer: four times at most, 0.2 s apart. Then throws the
    /// last error.
    func persistently<T>(_ ask: (World) throws -> T) throws -> T {
        for _ in 0..<3 {
            do {
                return try ask(self)
            } catch let error as EngineError where error.isOutcomeUnknown {
                sleep(seconds: 0.2)
            }
        }
        return try ask(self)
    }
}
