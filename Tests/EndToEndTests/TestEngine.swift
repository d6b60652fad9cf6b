import Dispatch
import Foundation
import Testing

@testable import Engine

/// A real Engine with the small stemcell on it. One test at a time has it.
final class TestEngine: @unchecked Sendable {
    let host: String
    /// Made by create_stemcell, once for all tests on this Engine.
    var stemcell = ""

    /// That of the test that asks.
    @TaskLocal static var current: TestEngine?

    init(host: String) { self.host = host }

    /// Where dev/engine keeps it; nil for any other Engine.
    private var directory: String? {
        let home = ProcessInfo.processInfo.environment["ENGINE_HOME"]
        let prefix = "unix://" + (home ?? "/var/tmp/docker-cpi-engine") + "/"
        guard host.hasPrefix(prefix), host.hasSuffix("/docker.sock") else { return nil }
        return String(host.dropFirst("unix://".count).dropLast("/docker.sock".count))
    }

    /// The name that dev/engine knows it by; nil for any other Engine.
    var privateName: String? { directory?.split(separator: "/").last.map(String.init) }

    /// How the executables reach it where that is not its socket: its address, and the words before a
    /// command that run it in the Engine's network. Nil unless ENGINE_TLS was set when it was started.
    lazy var tls: (docker: JSON, route: [String])? = {
        guard let directory, let name = privateName,
            let pem = try? ["ca", "client", "client-key"].map({
                try String(contentsOfFile: "\(directory)/tls/\($0).pem", encoding: .utf8)
            })
        else { return nil }
        let docker: JSON = [
            "host": "tcp://127.0.0.1:2376", "api_version": "1.51",
            "tls": [
                "ca": .string(pem[0]), "certificate": .string(pem[1]),
                "private_key": .string(pem[2]),
            ],
        ]
        let home = String(directory.dropLast(name.count + 1))
        return (docker, TestEngine.dev(home, ["in", name]))
    }()

    /// dev/engine as /usr/bin/env starts it, for the Engines in `home`.
    static func dev(_ home: String, _ words: [String]) -> [String] {
        ["ENGINE_HOME=\(home)", Rig.root + "/dev/engine"] + words
    }

    /// The same, run; gives what it printed.
    @discardableResult
    static func dev(_ home: String, _ words: String...) throws -> String {
        let run = try Command.run("/usr/bin/env", dev(home, words))
        try #require(run.exitCode == 0, "dev/engine \(words): \(run.stderr)")
        return run.stdout
    }

    /// `kill`, `resume` or `reboot` of the daemon, for an Engine of dev/engine.
    func daemon(_ verb: String) throws {
        let (directory, name) = (try #require(directory), try #require(privateName))
        try TestEngine.dev(String(directory.dropLast(name.count + 1)), verb, name)
    }

    /// How often its daemon has ended though no test killed it. 0 for an Engine that is not of dev/engine.
    var endings: Int {
        guard let directory else { return 0 }
        let ended = try? String(contentsOfFile: directory + "/ended", encoding: .utf8)
        return (ended ?? "").split(separator: "\n").count
    }

    /// Whether that has happened since there were `endings`. A test meets a daemon that is gone before dev/engine does,
    /// much before it on a busy machine: while none answers, this waits.
    func hasEnded(since endings: Int) -> Bool {
        awaitAnswer()
        return self.endings > endings
    }

    /// When dev/engine has started, killed and missed its daemon: where nothing listened, that is asked first.
    fileprivate func printHistory() {
        guard let directory,
            let log = try? String(contentsOfFile: directory + "/log", encoding: .utf8)
        else { return }
        let lines = log.split(separator: "\n").filter {
            $0.hasPrefix("dev/engine:") || $0.contains("API listen on")
        }
        print("\(host):\n" + lines.joined(separator: "\n"))
    }

    /// Waits for its daemon, which may just have ended by itself: two minutes at most, for the test says it better.
    private func awaitAnswer() {
        for _ in 0..<1200 {
            guard let engine = (try? Address(host)).map({ Engine($0, timeout: 2) }),
                (try? engine.version()) == nil
            else { return }
            usleep(100_000)
        }
    }

    /// A home for further Engines. dev/engine stops them with this one: a test that is interrupted stops none.
    func further(_ home: String) throws -> String { try #require(directory) + "/engines/" + home }

    /// Those of DOCKER_HOSTS, else the one of DOCKER_HOST; `make test` sets both.
    static let all: [TestEngine] = {
        let environment = ProcessInfo.processInfo.environment
        let hosts = environment["DOCKER_HOSTS"] ?? environment["DOCKER_HOST"] ?? ""
        return hosts.split(separator: " ").map { TestEngine(host: String($0)) }
    }()
}

/// All end-to-end tests: as many at once as there are Engines.
@Suite(StemcellTrait(), EngineTrait())
enum EndToEnd {}

/// Builds the small stemcell before the first test, and deletes it from the Engines after the last.
struct StemcellTrait: SuiteTrait, TestScoping {
    nonisolated(unsafe) private(set) static var image = ""
    /// Whether dev/stemcell/build-systemd can be run here.
    static let canBuildSystemd = FileManager.default.isExecutableFile(
        atPath: "/usr/sbin/debootstrap")

    func provideScope(
        for test: Test, testCase: Test.Case?, performing body: @Sendable () async throws -> Void
    ) async throws {
        try #require(
            !TestEngine.all.isEmpty, "DOCKER_HOST is not set: run these tests by `make test`")
        let directory = NSTemporaryDirectory() + "cpi-e2e-stemcell-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let build = try Command.run(Rig.root + "/dev/stemcell/build", [directory])
        try #require(build.exitCode == 0, "dev/stemcell/build: \(build.stderr)")
        Self.image = directory + "/image"
        try await body()
        for engine in TestEngine.all where !engine.stemcell.isEmpty {
            try TestEngine.$current.withValue(engine) {
                let rig = try Rig()
                defer { rig.tearDown() }
                try rig.result("delete_stemcell", [.string(engine.stemcell)])
            }
        }
    }
}

/// Gives each test an Engine that no other test uses meanwhile, and a thread to wait in.
struct EngineTrait: SuiteTrait, TestTrait, TestScoping {
    var isRecursive: Bool { true }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing body: @Sendable () async throws -> Void
    ) async throws {
        let engine = await Pool.shared.take(first: test.tags.contains(.long))
        do {
            try await TestEngine.$current.withValue(engine) {
                if engine.stemcell.isEmpty {
                    let rig = try Rig()
                    defer { rig.tearDown() }
                    let made = try rig.result(
                        "create_stemcell",
                        [.string(StemcellTrait.image), ["name": "e2e", "version": "1"]])
                    engine.stemcell = try #require(made.string)
                }
                try await withTaskExecutorPreference(WaitingExecutor.shared) {
                    try await engine.outliving(body)
                }
            }
        } catch {
            await Pool.shared.put(engine)
            throw error
        }
        await Pool.shared.put(engine)
    }
}

extension TestEngine {
    /// Runs a test, and once more if the daemon ended by itself meanwhile: what failed then says nothing
    /// about the CPI. `dev/engine stop` prints the daemon's last words.
    fileprivate func outliving(_ body: () async throws -> Void) async throws {
        awaitAnswer()
        let before = endings
        nonisolated(unsafe) var hasFailed = false
        try await withKnownIssue("the Engine's daemon ended by itself", isIntermittent: true) {
            try await body()
        } matching: { issue in
            guard self.hasEnded(since: before) else {
                if "\(issue)".contains("nothing listens there") { self.printHistory() }
                return false
            }
            hasFailed = true
            return true
        }
        guard hasFailed else { return }
        awaitAnswer()
        try await body()
    }
}

extension Tag {
    /// It takes so long that it must not begin last.
    @Tag static var long: Tag
}

private actor Pool {
    static let shared = Pool()
    private var free = TestEngine.all
    private var waiting: [CheckedContinuation<TestEngine, Never>] = []

    /// `first`: before all that wait already.
    func take(first: Bool) async -> TestEngine {
        if let engine = free.popLast() { return engine }
        return await withCheckedContinuation { waiting.insert($0, at: first ? 0 : waiting.count) }
    }

    func put(_ engine: TestEngine) {
        if waiting.isEmpty {
            free.append(engine)
        } else {
            waiting.removeFirst().resume(returning: engine)
        }
    }
}

/// End-to-end tests wait for processes most of the time: on threads of their own they do not keep
/// the unit tests from the few that Swift has.
private final class WaitingExecutor: TaskExecutor {
    static let shared = WaitingExecutor()
    private let queue = DispatchQueue(label: "end-to-end", attributes: .concurrent)

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

extension Engine {
    /// `POST /images/{name}/tag`, which the CPI does not need.
    func tagImage(_ name: String, repository: String, tag: String) throws {
        try order("/images/\(name.percentEncoded)/tag", [("repo", repository), ("tag", tag)])
    }
}
