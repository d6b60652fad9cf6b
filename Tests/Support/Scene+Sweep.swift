import Engine

@testable import CPI

/// How far a sweep over the requests of a call got.
struct Sweep {
    /// The requests of the call when nothing is in its way.
    let undisturbed: Int
    /// Those that were reached, one run each. As many, or the sweep has left some out.
    var reached = 0
    /// Those among them that met a fault.
    var struck = 0

    var isWhole: Bool { undisturbed > 0 && reached == undisturbed }
}

extension Scene {
    /// A sweep in which each request in its turn is answered 500.
    func sweepFailures(
        _ call: (Scene) throws -> JSON,
        check: (_ scene: Scene, _ number: Int, _ outcome: Result<JSON, any Error>) throws -> Void
    ) throws -> Sweep {
        try sweep(call, fault: { _ in .status(500, "boom") }, check: check)
    }

    /// Makes a call from the world as it is now, once for each of its requests; the n-th run meets
    /// at the n-th request the fault that `fault` gives, nil for none. Each run is in a copy of this
    /// world, which is then looked at by `check`. Ends with the run that has no n-th request.
    func sweep(
        _ call: (Scene) throws -> JSON, fault: @escaping (Request) -> FakeDocker.Fault?,
        check: (_ scene: Scene, _ number: Int, _ outcome: Result<JSON, any Error>) throws -> Void
    ) throws -> Sweep {
        let whole = try copy()
        _ = try call(whole)
        var sweep = Sweep(undisturbed: whole.docker.count)
        // A run that repeats a request for ever would not end the sweep.
        for number in 1...(sweep.undisturbed * 2 + 1) {
            let scene = try copy()
            var (isReached, isStruck) = (false, false)
            scene.docker.onRequest = { count, request in
                guard count == number else { return nil }
                isReached = true
                let fault = fault(request)
                isStruck = fault != nil
                return fault
            }
            let outcome = Result { try call(scene) }
            scene.docker.onRequest = nil
            guard isReached else { break }
            sweep.reached += 1
            sweep.struck += isStruck ? 1 : 0
            try check(scene, number, outcome)
        }
        return sweep
    }
}
