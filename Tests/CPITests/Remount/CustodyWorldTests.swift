import Engine
import Journal
import Testing

@testable import CPI
@testable import Support

/// The same combinations as worlds: an attach_disk that died, and carriers that somebody has changed
/// since; then recovery for real. Every token that a running container wrote is still somewhere.
@Suite("Whatever carriers are left, recovery loses none that holds something")
struct CustodyWorldTests {
    init() { Backtraces.off }

    enum Name: CaseIterable { case old, replacement, nobody }

    struct Case: CustomStringConvertible {
        let old: Carriers.Old
        let replacement: Carriers.Replacement
        let image: Carriers.Image
        let name: Name
        let wish: Operation.Direction?

        var description: String {
            "O \(old), R \(replacement), I \(image), name \(name), wish \(wish?.rawValue ?? "none")"
        }
    }

    static let cases: [Case] = Carriers.Old.allCases.flatMap { old in
        Carriers.Replacement.allCases.flatMap { replacement in
            Carriers.Image.allCases.flatMap { image in
                Name.allCases.flatMap { name in
                    [nil, Operation.Direction.forward, .backward].map {
                        Case(old: old, replacement: replacement, image: image, name: name, wish: $0)
                    }
                }
            }
        }
    }

    @Test("no content is lost, whichever containers, image and name recovery finds")
    func each() throws {
        let start = try CustodyWorldTests.died()
        for one in CustodyWorldTests.cases {
            let scene = try start.copy()
            guard try CustodyWorldTests.arrange(scene, one) else { continue }
            let before = scene.docker.tokens
            _ = try? scene.runner.recover(one.wish)
            let lost = before.subtracting(scene.docker.tokens)
            #expect(lost.isEmpty, "\(one): tokens \(lost) are lost")
            #expect(scene.docker.invariants() == [] || one.isHopeless, "\(one)")
            let isLeft = !scene.docker.containers(of: scene.vm).isEmpty
            #expect(isLeft || one.isHopeless, "\(one): no container is left")
            let running = scene.docker.containers(of: scene.vm).filter(\.isRunning)
            let wereBoth = one.old == .running && one.replacement == .running
            #expect(running.count <= 1 || wereBoth, "\(one): two run")
        }
    }

    /// An attach_disk on a VM with a dynamic address that died right before the first rename.
    private static func died() throws -> Scene {
        let scene = try Scene()
        try scene.makeVM(networks: Scene.dynamicNetwork)
        try scene.makeDisk()
        scene.docker.onRequest = { _, request in request.path.hasSuffix("/rename") ? .kill : nil }
        _ = try? scene.attach()
        scene.docker.revive()
        return scene
    }

    /// False for a combination that cannot be.
    private static func arrange(_ scene: Scene, _ one: Case) throws -> Bool {
        let docker = scene.docker
        let old = try #require(docker.state.container(scene.vm))
        let next = try #require(docker.state.container("\(scene.vm).next"))
        try start(docker, old.id, one.old == .running, if: [.reran, .running].contains(one.old))
        try start(
            docker, next.id, one.replacement == .running,
            if: [.ran, .running].contains(one.replacement))
        if one.replacement == .absent { docker.state.containers.removeAll { $0.id == next.id } }
        if one.old == .absent { docker.state.containers.removeAll { $0.id == old.id } }
        // An image's age follows from whether the old container has run since.
        let isStale = [.reran, .running].contains(one.old)
        guard one.image == .absent || one.image == (isStale ? .stale : .current) else {
            return false
        }
        if one.image == .absent {
            guard one.replacement == .absent else { return false }
            docker.state.images.removeAll { $0.tags.contains { $0.hasPrefix("vm-") } }
        }
        switch one.name {
        case .old: return one.old != .absent
        case .replacement:
            rename(docker, old.id, "\(scene.vm).old-\(old.id.prefix(12))")
            rename(docker, next.id, scene.vm)
            return one.replacement != .absent
        case .nobody:
            rename(docker, old.id, "\(scene.vm).old-\(old.id.prefix(12))")
            return true
        }
    }

    /// Starts a container, lets it write a token, and stops it unless it is to stay.
    private static func start(
        _ docker: FakeDocker, _ id: String, _ stays: Bool, if isWanted: Bool
    ) throws {
        guard isWanted else { return }
        let engine = docker.engine
        try engine.startContainer(id)
        docker.stamp()
        if !stays { try engine.stopContainer(id, seconds: 1) }
    }

    private static func rename(_ docker: FakeDocker, _ id: String, _ name: String) {
        guard let index = docker.state.index(ofContainer: id) else { return }
        docker.state.containers[index].name = name
    }
}

extension CustodyWorldTests.Case {
    /// All copies are gone.
    var isHopeless: Bool { old == .absent && replacement == .absent && image == .absent }
}
