import Testing

@testable import CPI

@Suite("Times as people read them")
struct TimestampTests {
    @Test("no millisecond is lost, before 1970 neither")
    func exact() {
        #expect(Timestamp.text(1_764_403_200_000) == "2025-11-29T08:00:00.000Z")
        for milliseconds in Int64(1_764_403_200_000)..<1_764_403_201_000 {
            #expect(Timestamp.text(milliseconds).hasSuffix("\(milliseconds)".suffix(3) + "Z"))
        }
        #expect(Timestamp.text(-1) == "1969-12-31T23:59:59.999Z")
    }
}
