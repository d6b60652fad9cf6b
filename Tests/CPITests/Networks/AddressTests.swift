import Testing

@testable import CPI

@Suite("Addresses")
struct AddressTests {
    @Test("the same IPv6 address may be written out, as a director does, or short, as Docker does")
    func same() {
        #expect(IPAddress.isSame("fd00:0000:0000:0000:0000:0000:0000:0010", "fd00::10"))
        #expect(!IPAddress.isSame("fd00::11", "fd00::10"))
        #expect(IPAddress.isSame("10.1.0.5", "10.1.0.5") && !IPAddress.isSame("", "10.1.0.5"))
    }
}
