import Foundation
import Testing

@testable import Engine

/// Makes the small stemcell once for all end-to-end tests, by create_stemcell, and deletes it after
/// the last one.
struct StemcellTrait: SuiteTrait, TestScoping {
    nonisolated(unsafe) private(set) static var cid = ""
    nonisolated(unsafe) private(set) static var image = ""

    func provideScope(
        for test: Test, testCase: Test.Case?, performing body: @Sendable () async throws -> Void
    ) async throws {
        let rig = try Rig()
        defer { rig.tearDown() }
        let directory = rig.directory + "/stemcell"
        let build = try Command.run(Rig.root + "/dev/stemcell/build", [directory])
        try #require(build.exitCode == 0, "dev/stemcell/build: \(build.stderr)")
        Self.image = directory + "/image"
        let properties: JSON = ["name": "e2e", "version": "1"]
        let made = try rig.result("create_stemcell", [.string(Self.image), properties])
        Self.cid = try #require(made.string)
        try await body()
        let deleted = try rig.call("delete_stemcell", [made])
        #expect(deleted.json["error"].isNull, "\(deleted.errorMessage)")
    }
}

/// All end-to-end tests, one at a time: they share one Engine.
@Suite(.serialized, StemcellTrait())
enum EndToEnd {}
