import Engine
import Journal
import Testing

@testable import CPI
@testable import Support

@Suite("A story says what was asked for, and leaves out what only recovery needs")
struct PlanMembersTests {
    /// What was asked for, or is to be removed.
    private let shown: Set<String> = [
        "agent", "cid", "containers", "copier", "disk", "disks", "id", "image", "images", "keeper",
        "kept", "labels", "metadata", "network", "networks", "oldContainers", "pins", "reserved",
        "settingsPath", "sizeMiB", "snapshot", "stemcell", "user", "vm", "volumes",
    ]

    @Test("each member of a plan is one or the other; a new one must be put in one of the two")
    func members() throws {
        var members: Set<String> = []
        for scenario in CrashScenario.all {
            let scene = try scenario.prepare()
            _ = try scene.runner.call(scenario.method, scenario.arguments(scene))
            let journal = try scene.runner.journal()
            let filter = OperationFilter(methods: [scenario.method], limit: 1)
            let operation = try journal.operations(filter).first
            let plan = try JSON(parsing: (operation?.plan ?? "").utf8)
            members.formUnion(try #require(plan.object).keys)
        }
        let unknown = members.subtracting(PlanMembers.bookkeeping).subtracting(shown)
        #expect(unknown.sorted() == [])
        // Where there is podman alone.
        #expect(PlanMembers.bookkeeping.subtracting(members).sorted() == ["addresses"])
    }
}
