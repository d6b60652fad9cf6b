import Engine
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

    @Test("a VM never gets the gateway's address, and no gateway one that no host can have")
    func gateways() {
        let network: JSON = ["ip": "10.9.0.1", "netmask": "255.255.255.0", "gateway": "10.9.0.1"]
        let wrong = #expect(throws: Field.Wrong.self) {
            try BoshNetwork(Field(name: "networks.a", value: network))
        }
        #expect(wrong?.description == "networks.a.ip is that of the gateway")
        for gateway in ["10.9.0.0", "10.9.0.255"] as [JSON] {
            let subnet: JSON = ["range": "10.9.0.0/24", "gateway": gateway]
            #expect(throws: Field.Wrong.self) {
                try SubnetDefinition(Field(name: "subnet_definition", value: subnet))
            }
        }
    }
}
