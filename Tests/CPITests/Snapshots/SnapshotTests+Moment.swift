import Engine
import Foundation
import Testing

@testable import CPI
@testable import Support

/// What is said of a snapshot that is not of one moment.
extension SnapshotTests {
    @Test("of a disk that no VM has, and a stranger writes to, no running VM is told of")
    func strangers() throws {
        try scene.makeDisk()
        let engine = scene.docker.engine
        let stranger = try engine.createContainer(
            "stranger",
            [
                "Image": .string(scene.stemcell), "Cmd": ["true"],
                "HostConfig": ["Binds": [.string("\(scene.disk):/data")]],
            ])
        try engine.startContainer(stranger.id)
        _ = try call()
        #expect(moment == "not of one moment: another container has the disk and runs")
        #expect(!scene.runner.log.text.contains("running VM"))
    }

    @Test("a copy that takes longer goes on beside the VM: label, log and journal say so")
    func late() throws {
        scene.docker.state.copyTakes = 100
        scene.runner.configuration["snapshots"] = ["pause_limit": 1]
        let before = scene.runner.time.elapsed
        _ = try call()
        #expect(moment.hasPrefix("beside the running VM: the copy took longer"))
        #expect(scene.runner.log.text.contains("taken beside the running VM"))
        #expect(try scene.runner.lastEvents().contains("warning"))
        #expect(scene.container?.isPaused == false)
        let paused = Int(scene.record(scene.snapshots[0])[Label.pausedFor] ?? "") ?? 0
        #expect((1_000...1_200).contains(paused))
        #expect(scene.runner.time.elapsed > before)
    }
}
