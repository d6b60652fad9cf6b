import Glibc

/// Wall time for people, time since boot for measuring: the one may jump, the other does not.
public struct Clock: Sendable {
    /// Unix time in milliseconds.
    public var wall: @Sendable () -> Int64
    /// Microseconds since boot, suspended time included.
    public var monotonic: @Sendable () -> Int64

    public init(
        wall: @escaping @Sendable () -> Int64, monotonic: @escaping @Sendable () -> Int64
    ) {
        self.wall = wall
        self.monotonic = monotonic
    }

    public static let system = Clock(
        wall: { min(read(CLOCK_REALTIME, perSecond: 1_000), Journal.latestTime) },
        monotonic: { read(CLOCK_BOOTTIME, perSecond: 1_000_000) })

    private static func read(_ clock: clockid_t, perSecond: Int64) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * perSecond + Int64(time.tv_nsec) / (1_000_000_000 / perSecond)
    }
}
