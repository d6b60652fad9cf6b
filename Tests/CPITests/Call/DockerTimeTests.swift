import Testing

@testable import CPI

@Suite("Docker's times, in UTC")
struct DockerTimeTests {
    @Test(
        "whatever the zone of the daemon",
        arguments: [
            ("2026-01-02T03:04:05.123456789Z", "2026-01-02T03:04:05Z"),
            ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
            ("2026-01-02T03:04:05+02:00", "2026-01-02T01:04:05Z"),
            ("2026-01-01T22:04:05.5-05:00", "2026-01-02T03:04:05Z"), ("never", "never"), ("", ""),
        ])
    func utc(text: String, expected: String) { #expect(DockerTime.utc(text) == expected) }

    @Test("to the millisecond", arguments: [("", 0), (".5", 500), (".1239", 123), (".01", 10)])
    func milliseconds(decimals: String, expected: Int64) {
        #expect(DockerTime.milliseconds("1970-01-01T00:00:01\(decimals)Z") == 1_000 + expected)
    }
}
