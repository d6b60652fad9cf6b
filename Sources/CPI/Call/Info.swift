import Engine
import Journal

/// Half of all calls: needs no Docker and waits for nothing.
struct Info: Query {
    static let name = "info"
    static let arguments: [String] = []
    let subjects: [Subject] = []

    init(_ arguments: Arguments) {}

    func answer(_ world: World) -> JSON {
        [
            "api_version": 3,
            "stemcell_formats": ["warden-tar", "general-tar", "docker-light"],
        ]
    }
}
