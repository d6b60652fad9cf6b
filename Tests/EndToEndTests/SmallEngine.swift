import Testing

@testable import Engine

/// An Engine of its own whose disk is a small one, with the stemcell on it. Started and stopped around `body`. The
/// machine's own Engines must be those of dev/engine, and the user root.
func withSmallEngine(
    _ name: String, size: String, _ body: (Rig, Tmpfs) throws -> Void
) throws {
    let home = try #require(TestEngine.current).further(name)
    let tmpfs = try Tmpfs(home, size: size)
    defer { tmpfs.unmount() }
    defer { _ = try? TestEngine.dev(home, "stop", name) }
    try TestEngine.dev(home, "start", name)
    let rig = try Rig(on: TestEngine(host: "unix://\(home)/\(name)/docker.sock"))
    defer { rig.tearDown() }
    let make: JSON = [.string(StemcellTrait.image), ["name": "small"]]
    rig.testEngine.stemcell = try rig.result("create_stemcell", make).string ?? ""
    try body(rig, tmpfs)
}
