/// Where an Engine listens, and the keys to get in.
public struct Address: Sendable, Equatable {
    /// PEM texts. They stay in memory; no file is ever made of them.
    public struct TLS: Sendable, Equatable {
        public var ca: String
        public var certificate: String
        public var privateKey: String

        public init(ca: String, certificate: String, privateKey: String) {
            self.ca = ca
            self.certificate = certificate
            self.privateKey = privateKey
        }
    }

    /// What is connected to.
    public enum Endpoint: Sendable, Equatable {
        case unix(path: String)
        case tcp(host: String)
    }

    public let text: String
    public let endpoint: Endpoint
    public let tls: TLS?

    /// Says what is wrong with an address, in words that follow its name.
    public struct Invalid: Error, CustomStringConvertible {
        public let description: String
    }

    /// Understands `unix:///path` and `tcp://host:port`; with `tls`, tcp is spoken over TLS.
    public init(_ text: String, tls: TLS? = nil) throws {
        self.text = text
        if text.hasPrefix("unix://") {
            let path = String(text.dropFirst(7))
            guard path.hasPrefix("/") else {
                throw Invalid(description: "needs an absolute path after unix://")
            }
            guard !path.contains("\0") else {
                throw Invalid(description: "has a character zero, which no path can have")
            }
            guard path.utf8.count <= 107 else {  // sun_path, less its closing zero
                throw Invalid(description: "has a socket path longer than 107 bytes")
            }
            endpoint = .unix(path: path)
            self.tls = nil
        } else if text.hasPrefix("tcp://") {
            let host = String(text.dropFirst(6))
            guard Address.isHostAndPort(host) else {
                throw Invalid(description: "must be tcp://HOST:PORT")
            }
            endpoint = .tcp(host: host)
            self.tls = tls
        } else {
            throw Invalid(description: "must begin with unix:// or tcp://")
        }
    }

    /// The first part of every URL; for a socket the host is only for the Host header.
    var base: String {
        switch endpoint {
        case .unix: "http://docker"
        case .tcp(let host): (tls == nil ? "http://" : "https://") + host
        }
    }

    private static func isHostAndPort(_ text: String) -> Bool {
        guard let colon = text.lastIndex(of: ":"), colon > text.startIndex,
            let port = Int(text[text.index(after: colon)...]), (1...65_535).contains(port)
        else { return false }
        let host = text[..<colon]
        let isIPv6 = host.hasPrefix("[") && host.hasSuffix("]")
        return host.utf8.allSatisfy {
            $0.isNameCharacter || (isIPv6 && ":[]".utf8.contains($0))
        }
    }
}
