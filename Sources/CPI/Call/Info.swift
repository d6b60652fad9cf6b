import Engine
import Journal

/// Half of all calls: needs no Docker and waits for nothing.
struct Info: Query {
    static let name = "info"
    let subjects: [Subject] = []

    init(_ values: [JSON]) throws {
        _ = try Arguments(values, [], of: Info.name)
    }

    func answer(_ world: World) -> JSON {
        ["api_version": 3, "stemcell_formats": ["warden-tar", "general-tar"]]
    }
}
