import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    @Suite("The demonstration")
    struct DemoTests {
        @Test("A demonstration that fails removes what is its own, and nothing else")
        func failing() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let before = try strangers(rig)
            let run = try demo(rig, with: try failingAtDisk(rig))
            #expect(run.exitCode == 1)
            #expect(run.stderr.contains("FAILED: create_disk"), "\(run.stdout)\(run.stderr)")
            #expect(try everything(rig) == before)
        }

        @Test("The demonstration proves what it says, and leaves nothing behind")
        func whole() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let before = try strangers(rig)
            let run = try demo(rig, with: Rig.executables)
            #expect(run.exitCode == 0 && run.stdout.contains("proven: "), "\(run.stderr)")
            #expect(try everything(rig) == before)
        }

        /// Makes a container, volumes and an image of others. Returns all that is there then.
        private func strangers(_ rig: Rig) throws -> [String] {
            let (engine, name) = (rig.engine, "stranger-demo")
            let (labelled, image) = ("\(name)-labelled", "\(name):1")
            rig.later {
                try? engine.removeContainer(name, force: true)
                try? engine.removeVolume(name)
                try? engine.removeVolume(labelled)
                try? engine.removeImage(image)
            }
            _ = try engine.createContainer(
                name, ["Image": .string(rig.stemcell), "Cmd": ["true"]])
            _ = try engine.createVolume(name, labels: [:])
            _ = try engine.createVolume(labelled, labels: ["io.bosh.director": "another"])
            try engine.tagImage(rig.stemcell, repository: name, tag: "1")
            let all = try everything(rig)
            try #require(
                [name, labelled, image, rig.stemcell].allSatisfy(all.contains), "\(all)")
            return all
        }

        /// The names of all that is in Docker, sorted.
        private func everything(_ rig: Rig) throws -> [String] {
            let containers = try rig.engine.containers([:]).flatMap(\.names)
            let volumes = try rig.engine.volumes([:]).map(\.name)
            let networks = try rig.engine.networks().map(\.name)
            let images = try rig.engine.imageTags([:])
            return (containers + volumes + networks + images).sorted()
        }

        /// A directory of executables as dev/demo wants it, in which create_disk fails.
        private func failingAtDisk(_ rig: Rig) throws -> String {
            let directory = rig.directory + "/bin"
            let script = """
                #!/bin/bash
                request=$(cat)
                case $request in *'"method":"create_disk"'*) exit 1 ;; esac
                exec '\(Rig.executables)/docker-cpi' "$@" <<<"$request"

                """
            let files = FileManager.default
            try files.createDirectory(atPath: directory, withIntermediateDirectories: true)
            try files.createSymbolicLink(
                atPath: directory + "/cpi-admin",
                withDestinationPath: Rig.executables + "/cpi-admin")
            let path = directory + "/docker-cpi"
            try Data(script.utf8).write(to: URL(fileURLWithPath: path))
            try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
            return directory
        }

        private func demo(_ rig: Rig, with directory: String) throws -> Command.Result {
            var environment = ProcessInfo.processInfo.environment
            environment["DOCKER_HOST"] = rig.dockerHost
            environment["BIN"] = directory
            return try Command.run(Rig.root + "/dev/demo", [], environment: environment)
        }
    }
}
