import Journal

/// The name of a network that a director manages: of the Docker network.
struct NetworkCID: CID {
    static let kind = Subject.Kind.network
    static let prefix = "net-"

    let description: String

    init(_ name: String) { description = name }

    init(_ field: Field) throws { description = try field.networkName() }
}
