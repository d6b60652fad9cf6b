import Engine

/// A network's cloud_properties: what its Docker network is to be like. Keys of other CPIs are ignored, with a
/// warning.
struct NetworkProperties {
    /// The Docker network's name.
    var name: String?
    /// bridge where none is named.
    var driver: String?
    var enableIPv6 = false
    /// The driver's own options, such as macvlan's `parent`. For a new network only.
    var options: [String: String] = [:]
    /// Without a way out. For a new network only.
    var isInternal = false
    /// Names that mean nothing here, sorted.
    var unknown: [String] = []

    /// By their lower case.
    static let known = HostConfigNames.byLowercase("name driver enable_ipv6 driver_opts internal")

    init() {}

    /// Throws `Field.Wrong` that names the key.
    init(_ field: Field) throws {
        let field = try HostConfigNames.spelled(network: field)
        let members = try field.optional { try $0.object() } ?? [:]
        unknown = Set(members.keys).subtracting(NetworkProperties.known.values).sorted()
        name = try field.member("name").optional { try $0.networkName() }
        driver = try field.member("driver").optional { try $0.driverName() }
        enableIPv6 = try field.member("enable_ipv6").optional { try $0.bool() } ?? false
        options = try field.member("driver_opts").optional { try $0.strings() } ?? [:]
        isInternal = try field.member("internal").optional { try $0.bool() } ?? false
    }
}

extension Field {
    /// Throws `Field.Wrong` unless Docker would take it for a network.
    func networkName() throws -> String {
        let text = try nonEmptyString()
        guard text.utf8.count <= 200, text.isDockerName
        else { throw Field.Wrong(description: "\(name) is not a name that Docker accepts") }
        guard !["host", "none"].contains(text) else {
            throw Field.Wrong(
                description: "\(name) is \(text), where no container has an address of its own")
        }
        return text
    }

    /// An IPv4 or IPv6 address as it was written.
    func address() throws -> String {
        let text = try string()
        guard IPAddress.bytes(text) != nil else {
            throw Field.Wrong(description: "\(name) is not an IP address")
        }
        return text
    }
}
