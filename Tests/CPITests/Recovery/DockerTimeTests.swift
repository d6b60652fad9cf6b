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
}
