import Engine

/// Looking into a container that runs.
extension World {
    /// Whether the disk is a mount point of its own inside the running container. Docker goes on
    /// listing a mount that the agent has unmounted. False when the container does not run.
    func isMounted(_ disk: DiskCID, in container: String) throws -> Bool {
        try mountPoints(in: container).contains { $0.place == disk.hint }
    }

    /// A line of a container's `/proc/self/mountinfo`.
    struct MountPoint {
        let root: String
        let place: String
    }

    /// What is mounted where inside a running container; empty when it does not run.
    func mountPoints(in container: String) throws -> [MountPoint] {
        let lines = try look(["cat", "/proc/self/mountinfo"], in: container, seconds: 10)
        return (lines ?? []).compactMap { line in
            let fields = line.split(separator: " ").map(String.init)
            return fields.count > 4 ? MountPoint(root: fields[3], place: fields[4]) : nil
        }
    }

    /// The lines that a command which only looks prints inside a container; nil when that does not run.
    /// Throws `CannotLook` when the command did not come to its end, as in a container that has all the
    /// processes that it may have: Docker answers with success then, and what it prints says nothing.
    func look(
        _ command: [String], in container: String, seconds: Double, mayEndWith codes: [Int] = [0]
    ) throws -> [Substring]? {
        let result: ExecResult
        do {
            result = try engine.exec(container, command, seconds: seconds)
        } catch let error as EngineError where error.isNotRunning {
            // Paused since, or Docker has forgotten the command: it runs all the same. One that ends again and again
            // does not run between two starts, though Docker says so.
            let now = try engine.container(container)
            guard now?.isRunning != true || now?.isRestarting == true else {
                throw CannotLook(
                    description: "container \(container) cannot be looked into: \(error)")
            }
            guard error.isStopped else { throw error }
            return nil
        }
        if codes.contains(result.exitCode) { return result.output.split(separator: "\n") }
        guard try engine.container(container)?.isRunning == true else { return nil }
        throw CannotLook(
            description: "container \(container) cannot be looked into: a command ended with "
                + "\(result.exitCode): \(result.words)")
    }
}
