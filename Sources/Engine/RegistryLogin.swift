import FoundationEssentials

/// Who we are to an image registry. Docker passes it on and keeps none of it.
public struct RegistryLogin: Sendable {
    public let username: String
    public let password: String
    /// The registry's host, as Docker is to know it.
    public let host: String

    public init(username: String, password: String, host: String) {
        self.username = username
        self.password = password
        self.host = host
    }

    /// The value of `X-Registry-Auth`: JSON as base64 for URLs, with its padding.
    public var header: String {
        let json: JSON = [
            "username": .string(username), "password": .string(password),
            "serveraddress": .string(host),
        ]
        return Data(json.bytes).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_")
    }

    /// How it goes from Docker to the registry: `Authorization: Basic …`.
    public var basic: String { Data("\(username):\(password)".utf8).base64EncodedString() }

    static func headers(_ login: RegistryLogin?) -> [(name: String, value: String)] {
        login.map { [(name: "X-Registry-Auth", value: $0.header)] } ?? []
    }
}
