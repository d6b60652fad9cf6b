import Journal
import Synchronization

/// Time that passes only when it is asked for or slept through: waits of minutes take none.
final class VirtualTime: Sendable {
    private let microseconds: Mutex<Int64>

    /// Begins where another one is: what is copied from there must not lie in the future.
    init(after other: VirtualTime? = nil) {
        microseconds = Mutex(other?.advance(by: 0) ?? VirtualTime.start)
    }

    private static let start: Int64 = 1_700_000_000_000_000

    /// Each look is a little later than the one before, so that ids made in a row sort.
    var clock: Clock {
        Clock(
            wall: { self.advance(by: 1_000) / 1_000 }, monotonic: { self.advance(by: 10) })
    }

    func sleep(_ seconds: Double) { _ = advance(by: Int64(seconds * 1_000_000)) }

    /// Seconds since the first look.
    var elapsed: Double { Double(advance(by: 0) - VirtualTime.start) / 1_000_000 }

    private func advance(by step: Int64) -> Int64 {
        microseconds.withLock {
            $0 += step
            return $0
        }
    }
}
