import Engine
import Testing

@testable import CPI
@testable import Support

@Suite("Ports that a VM's host publishes")
struct PublishedPortTests {
    private func parse(_ text: String) throws -> [String] {
        try PublishedPort.parse(Field(name: "ports[0]", value: .string(text))).map {
            "\($0.hostIP)|\($0.hostPort)|\($0.port)"
        }
    }

    @Test(
        "as Docker's clients write them",
        arguments: [
            ("80", ["||80/tcp"]), ("53/udp", ["||53/udp"]), ("8080:80", ["|8080|80/tcp"]),
            ("127.0.0.1:6868:6868/tcp", ["127.0.0.1|6868|6868/tcp"]),
            ("127.0.0.1::80", ["127.0.0.1||80/tcp"]), ("[::1]:8080:80/udp", ["::1|8080|80/udp"]),
            ("80-81", ["||80/tcp", "||81/tcp"]),
            ("8080-8081:80-81/udp", ["|8080|80/udp", "|8081|81/udp"]),
            ("10.0.0.1:7000-7001:80-81", ["10.0.0.1|7000|80/tcp", "10.0.0.1|7001|81/tcp"]),
            ("8000-8005:80", ["|8000-8005|80/tcp"]),
        ])
    func written(text: String, ports: [String]) throws {
        #expect(try parse(text) == ports)
    }

    @Test(
        "anything else is refused, by its place",
        arguments: [
            "", "x", "0", "65536", "80/sctp", "80/tcp/udp", "80-", "-80", "81-80", "8080:", ":80",
            "1.2.3:80:80", "::1:80:80", "[1::x]:80:80", "host:80:80", "8000-8002:80-81", "1:2:3:4",
            "+80", " 80", "1.2.3.4:80",
        ])
    func wrong(text: String) {
        #expect { _ = try parse(text) } throws: { "\($0)".contains("ports[0] must be") }
    }

    @Test("they become Docker's, several for one port too; PortBindings of Docker's own wins")
    func bindings() throws {
        let scene = try Scene()
        try scene.makeVM(properties: [
            "ports": ["127.0.0.1:6868:6868", 6868, "53/udp", "99:99"],
            "PortBindings": ["99/tcp": [["HostPort": "1099"]]], "PublishAllPorts": true,
        ])
        let container = try #require(scene.container)
        #expect(
            container.hostConfig["PortBindings"] == [
                "6868/tcp": [
                    ["HostPort": "6868", "HostIp": "127.0.0.1"], ["HostPort": ""],
                ],
                "53/udp": [["HostPort": ""]], "99/tcp": [["HostPort": "1099"]],
            ])
        #expect(
            container.config["ExposedPorts"] == ["6868/tcp": [:], "53/udp": [:], "99/tcp": [:]])
        #expect(container.hostConfig["PublishAllPorts"] == true)
    }

    @Test("more ports than Docker can start processes for are refused")
    func tooMany() {
        let field = Field(name: "ports", value: ["1-65535"])
        let wrong = #expect(throws: Field.Wrong.self) { try PublishedPort.parseAll(field) }
        #expect(wrong?.description == "ports has more than 1000 ports")
    }
}
