import Engine
import FoundationEssentials
import Journal

/// A name that the director keeps. In a plan it is written as a plain string.
protocol CID: Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    /// What the journal calls a thing with such a name.
    static var kind: Subject.Kind { get }
    /// The prefix of the names that `random` makes.
    static var prefix: String { get }
    init(_ name: String)
}

extension CID {
    /// A CID that nothing has: the prefix and a random UUID.
    static func random() -> Self { Self(prefix + UUID().uuidString.lowercased()) }

    /// Whether the text has the form of a CID that `random` makes: a `disk-data` may be anybody's.
    var isOurForm: Bool { description.isUUID(after: Self.prefix) }

    static func < (one: Self, other: Self) -> Bool { one.description < other.description }

    var subject: Subject { Subject(Self.kind, description) }

    init(from decoder: Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(String.self))
    }

    func encode(to encoder: Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// What is being made bears this at the end of its name until it is complete: the container of a VM, the image of a
/// stemcell, the file of an agent's settings.
enum Unfinished {
    static let suffix = ".new"
}

extension String {
    /// Whether it is the prefix and a UUID, as those names are that a CPI makes, ours or Go's. Somebody else's may
    /// well begin so: `disk-data`, `c-backup`.
    func isUUID(after prefix: String) -> Bool {
        hasPrefix(prefix) && UUID(uuidString: String(dropFirst(prefix.count))) != nil
    }
}

extension Field {
    /// A name that Docker would accept for a container or a volume, and that is safe as a file name.
    func dockerName() throws -> String {
        let name = try nonEmptyString()
        guard name.utf8.count <= 200 else {
            throw Field.Wrong(
                description: "\(self.name) has \(name.utf8.count) characters; 200 are allowed")
        }
        guard name.isDockerName, name.utf8.count >= 2 else {
            throw Field.Wrong(
                description:
                    "\(self.name) is not a CID: letters, digits, '_', '.' and '-' are allowed")
        }
        return name
    }
}

extension String {
    /// Whether Docker takes it, by its characters, for the name of a container, a volume or a network.
    var isDockerName: Bool {
        utf8.first?.isAlphanumeric == true && utf8.allSatisfy(\.isNameCharacter)
    }
}

extension Field {
    /// A driver of volumes or networks: of Docker itself, or a plugin as image references have it.
    func driverName() throws -> String {
        let name = try nonEmptyString()
        let others = "/:@".utf8
        guard name.utf8.count <= 255, name.utf8.first?.isAlphanumeric == true,
            name.utf8.allSatisfy({ $0.isNameCharacter || others.contains($0) })
        else { throw Field.Wrong(description: "\(self.name) is no name of a driver") }
        return name
    }
}
