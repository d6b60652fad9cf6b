import Testing

@testable import CPI

@Suite("What a VM says of its limits may be anything")
struct VMLimitTests {
    @Test(
        "a number is shown, and nothing that is none",
        arguments: [
            ("50000 100000", "0.5"), ("max 100000", "none"), ("-1 100000", "none"),
            ("inf 1", "none"), ("1e300 1", "none"), ("1 1e-300", "none"), ("nan 1", "none"),
            ("", "none"), ("1 0", "none"),
        ])
    func cpus(said: String, shown: String) { #expect(VMLimit.cpus(said) == shown) }
}
