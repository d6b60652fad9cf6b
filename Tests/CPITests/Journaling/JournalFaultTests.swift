import Engine
import Foundation
import Journal
import Testing

@testable import CPI
@testable import Support

@Suite("The journal is advice: without it every call works and says so once")
struct JournalFaultTests {
    let scene: Scene
    var directory: String { scene.runner.directory.path }

    init() throws {
        scene = try Scene()
        try scene.makeVM()
        try scene.makeDisk()
    }

    /// All that a director does with a VM and a disk.
    private func lifecycle() throws {
        #expect(try scene.runner.call("has_vm", [.string(scene.vm)]) == true)
        _ = try scene.attach()
        #expect(try scene.runner.call("get_disks", [.string(scene.vm)]) == [.string(scene.disk)])
        _ = try scene.runner.call("set_vm_metadata", [.string(scene.vm), ["a": "b"]])
        _ = try scene.runner.call("reboot_vm", [.string(scene.vm)])
        _ = try scene.detach()
        #expect(scene.read(Scene.layerFile) == "layer")
        _ = try scene.runner.call("delete_vm", [.string(scene.vm)])
        _ = try scene.runner.call("delete_disk", [.string(scene.disk)])
        #expect(scene.docker.state.containers.isEmpty && scene.docker.state.volumes.isEmpty)
        #expect(scene.docker.settledInvariants() == [])
    }

    private func warnings() -> Int {
        scene.runner.log.text.split(separator: "\n").count {
            $0.hasPrefix("warning") && $0.contains("journal")
        }
    }

    @Test("a journal that another process holds is to be waited for, and not repaired")
    func held() throws {
        let holder = try Journal(directory: directory, busyTimeout: 100)
        let other = try Journal(directory: directory, busyTimeout: 100)
        try holder.hold {
            let error = #expect(throws: JournalError.self) { try other.hold {} }
            let trouble = try JournalTrouble(#require(error))
            #expect(trouble.advice.hasPrefix("another process holds it"), "\(trouble)")
        }
    }

    @Test("deleted between two calls")
    func deleted() throws {
        for name in ["journal.db", "journal.db-wal", "journal.db-shm"] {
            try? FileManager.default.removeItem(atPath: directory + "/" + name)
        }
        try lifecycle()
        #expect(try scene.runner.journal().operations(OperationFilter(limit: 99)).count > 5)
        #expect(warnings() == 0)
    }

    @Test("a directory that cannot be made: another one is taken, and that is told")
    func noDirectory() throws {
        scene.runner.configuration["journal"]["directory"] = "/proc/docker_cpi"
        try lifecycle()
        #expect(warnings() > 0)
        #expect(scene.runner.log.text.contains("/proc/docker_cpi"))
    }

    @Test("a file in the place of its directory")
    func fileInPlace() throws {
        scene.runner.configuration["journal"]["directory"] = .string(directory + "/image")
        try lifecycle()
        #expect(warnings() > 0)
    }

    @Test("not a database: it is kept under another name")
    func corrupt() throws {
        for name in ["journal.db-wal", "journal.db-shm"] {
            try? FileManager.default.removeItem(atPath: directory + "/" + name)
        }
        _ = try scene.runner.directory.write("journal.db", [UInt8](repeating: 0x41, count: 10_000))
        try lifecycle()
        let names = try FileManager.default.contentsOfDirectory(atPath: directory)
        #expect(names.contains { $0.hasPrefix("journal.db.corrupt-") })
        #expect(warnings() == 1)
    }

    @Test(
        "damaged behind its first page: the call that meets it keeps it, and the next begins another"
    )
    func damagedLater() throws {
        try Journal(directory: directory, busyTimeout: 100).emptyWAL()
        let path = directory + "/journal.db"
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        let size = try file.seekToEnd()
        try file.seek(toOffset: 4_096)
        try file.write(contentsOf: Data(repeating: 0x41, count: Int(size) - 4_096))
        try file.close()
        try lifecycle()
        let names = try FileManager.default.contentsOfDirectory(atPath: directory)
        let kept = names.filter { $0.contains(".corrupt-") }.sorted()
        #expect(kept.count == 3, "with WAL and index: \(kept)")
        #expect(warnings() == 1 && scene.runner.log.text.contains("the next call begins a new one"))
        #expect(try Journal(reading: path).operations(OperationFilter(limit: 99)).count > 5)
    }

    @Test("written by a newer version: it is left alone")
    func newer() throws {
        try Journal(directory: directory, busyTimeout: 100).pretend(version: 99)
        let before = FileManager.default.contents(atPath: directory + "/journal.db")
        try lifecycle()
        #expect(scene.runner.log.text.contains("schema version 99"))
        #expect(FileManager.default.contents(atPath: directory + "/journal.db") == before)
    }

    @Test("locked by somebody: a query does not wait for it")
    func locked() throws {
        scene.runner.configuration["journal"]["recover_on_call"] = false
        #expect(try scene.runner.call("info", [])["api_version"].int != nil)
        let start = Date()
        let other = try Journal(directory: directory, busyTimeout: 100)
        let answer = try other.hold { try scene.runner.call("has_vm", [.string(scene.vm)]) }
        #expect(answer == true)
        #expect(Date().timeIntervalSince(start) < 5)
        #expect(warnings() == 1)
        try lifecycle()
    }

    @Test("what was done before a fault is not believed after it: Docker is asked")
    func lyingJournal() throws {
        _ = try scene.attach()
        // A journal of yesterday: it says that the disk is attached, and Docker says otherwise.
        let copy = try TemporaryDirectory.copy(of: directory)
        _ = try scene.detach()
        for name in ["journal.db", "journal.db-wal"] {
            let bytes = FileManager.default.contents(atPath: copy.path + "/" + name)
            _ = try scene.runner.directory.write(name, bytes.map(Array.init) ?? [])
        }
        #expect(try scene.runner.call("get_disks", [.string(scene.vm)]) == [])
        _ = try scene.attach()
        #expect(scene.isAttached)
    }
}

@Suite("What is secret is in the VM and nowhere else")
struct SecretsTests {
    @Test("neither the journal nor an answer nor the log shows env, mbus or blobstore")
    func nowhere() throws {
        let scene = try scene()
        try scene.makeVM()
        try scene.makeDisk()
        _ = try scene.attach()
        _ = try scene.detach()
        let settings = try #require(scene.read("/var/vcap/bosh/warden-cpi-agent-env.json"))
        #expect(settings.contains(Scene.secret))
        #expect(try scene.runner.directory.allBytes().count > 10_000)
        #expect(try shown(scene) == [])
    }

    @Test("nor do they when a request of create_vm fails, whichever it is")
    func failures() throws {
        let scene = try scene()
        var texts: [String] = []
        let sweep = try scene.sweep({ copy in
            give(copy)
            return try copy.create(networks: Scene.dynamicNetwork)
        }) { _ in
            .status(500, "boom")
        } check: { scene, number, outcome in
            if case .failure(let error) = outcome { texts.append("\(error)") }
            let places = try shown(scene)
            #expect(places == [], "request \(number)")
        }
        #expect(sweep.isWhole && sweep.struck == sweep.reached, "\(sweep)")
        #expect(!texts.isEmpty && texts.allSatisfy { !$0.contains(Scene.secret) })
    }

    private func scene() throws -> Scene {
        let scene = try Scene()
        give(scene)
        return scene
    }

    /// Secrets in all places where a configuration can have them; env has its own.
    private func give(_ scene: Scene) {
        scene.runner.configuration["Actions"]["Agent"]["Mbus"] = .string(
            "nats://u:\(Scene.secret)@10.0.0.6:4222")
        scene.runner.configuration["Actions"]["Agent"]["Blobstore"] = [
            "Provider": "dav", "Options": ["password": .string(Scene.secret)],
        ]
    }

    /// Where a secret is that must not be there, in words.
    private func shown(_ scene: Scene) throws -> [String] {
        let secret = Scene.secret
        let isInFiles = try scene.runner.directory.allBytes().firstRange(of: secret.utf8) != nil
        let state = scene.docker.state
        return [
            isInFiles ? "the journal" : nil,
            scene.runner.log.text.contains(secret) ? "the log" : nil,
            state.containers.contains {
                $0.config.text.contains(secret) || $0.hostConfig.text.contains(secret)
            } ? "a container's specification" : nil,
            state.volumes.values.contains { "\($0.labels)".contains(secret) } ? "a label" : nil,
        ].compactMap(\.self)
    }
}
