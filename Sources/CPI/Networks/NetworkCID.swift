import FoundationEssentials
import Journal

/// The name of a network that a director manages: of the Docker network.
struct NetworkCID: CID {
    let description: String

    init(_ name: String) { description = name }

    init(_ field: Field) throws { description = try field.dockerName() }

    /// A CID that no network has: `net-` and a random UUID.
    static func random() -> NetworkCID { NetworkCID("net-\(UUID().uuidString.lowercased())") }

    var subject: Subject { Subject(.network, description) }

    /// Whether the text has the form of a CID that `random` makes.
    var isOurForm: Bool {
        description.hasPrefix("net-") && UUID(uuidString: String(description.dropFirst(4))) != nil
    }
}
