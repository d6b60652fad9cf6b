import Engine
import Testing

@testable import CPI
@testable import Support

/// Whoever prunes takes the copier when it has ended, and with it what nothing else holds by then.
@Suite("What a prune has taken with its copier is not answered")
struct PrunedCopyTests {
    let scene: Scene

    init() throws { scene = try Scene.withDisk(isAttached: true) }

    /// Right before the copier is removed.
    private func prune() {
        let before = Set(scene.docker.state.volumeNames)
        scene.before({ $0.method == "DELETE" && $0.isOfCopier(scene) }) { [docker = scene.docker] in
            docker.state.containers.removeAll { $0.name.hasSuffix(".copy") }
            for name in docker.state.volumeNames where !before.contains(name) {
                docker.state.volumes[name] = nil
            }
        }
    }

    @Test("a snapshot whose volume was pruned fails, and nothing of it is left")
    func snapshot() throws {
        prune()
        let failure = #expect(throws: CallFailure.self) { try scene.takeSnapshot() }
        #expect(failure?.message.contains("is gone") == true, "\(String(describing: failure))")
        #expect(scene.snapshots.isEmpty && scene.docker.settledInvariants() == [])
    }

    @Test(
        "a snapshot that may be whole is for a person: what keeps it from prunes does not keep its record"
    )
    func record() throws {
        scene.runner.configuration["disks"] = ["pin": "always"]
        scene.docker.onRequest = { [scene] _, request in
            request.method == "DELETE" && request.isOfCopier(scene) ? .killAfter : nil
        }
        _ = try? scene.takeSnapshot()
        scene.docker.revive()
        let record = try #require(
            scene.docker.state.volumeNames.first { SnapshotCID.ofRecord($0) != nil })
        let snapshot = try #require(SnapshotCID.ofRecord(record))
        scene.docker.state.volumes[record] = nil
        try scene.runner.recover()
        #expect(try scene.runner.lastOperation().state == .parked)
        #expect(scene.docker.state.volumes[snapshot.description] != nil)
        let orphan = try scene.runner.orphans(journal: true).first {
            $0.name == snapshot.description
        }
        #expect(
            orphan?.command
                == "docker rm -f \(snapshot.keeper) && docker volume rm \(snapshot)")
    }

    @Test("a disk that is made from a snapshot")
    func disk() throws {
        let snapshot = try scene.takeSnapshot()
        let before = Set(scene.docker.state.volumeNames)
        prune()
        let failure = #expect(throws: CallFailure.self) {
            try scene.runner.call("create_disk", [100, ["snapshot": .string(snapshot)], .null])
        }
        #expect(failure?.message.contains("is gone") == true, "\(String(describing: failure))")
        #expect(Set(scene.docker.state.volumeNames) == before)
        #expect(try scene.runner.journal().open().isEmpty)
    }
}

extension Request {
    /// Whether it is about a container that copies, by its id.
    fileprivate func isOfCopier(_ scene: Scene) -> Bool {
        scene.docker.state.containers.contains {
            $0.name.hasSuffix(".copy") && path.contains("/containers/\($0.id)")
        }
    }
}
