import Engine

/// The end of a VM's logs, and its files, from a VM that runs or is stopped.
extension Inspection {
    /// The last lines of what the container wrote, and of the agent's log; secrets are taken out.
    public struct Logs: Sendable {
        public let container: [String]
        /// Nil when there is no such file.
        public let agent: [String]?
    }

    private static let agentLog = VMPlace.bosh + "/log/current"

    /// Throws `CPIError` when there is no such VM, else `EngineError`.
    public func logs(ofVM text: String, lines: Int) throws -> Logs {
        let container = try container(ofVM: VMCID(text))
        try learnSecrets(of: container)
        let (output, errors) = try world.engine.logs(container, lines: lines)
        let agent = try content(container, Inspection.agentLog)
        return Logs(
            container: last(lines, output + errors),
            agent: agent.map { last(lines, String(decoding: $0, as: UTF8.self)) })
    }

    /// A file's content. A text comes without secrets; what is no UTF-8 comes as it is. Throws
    /// `CPIError` for a VM or file that is not there, or too large, else `EngineError`.
    public func file(ofVM text: String, path: String) throws -> [UInt8] {
        let container = try container(ofVM: VMCID(text))
        try learnSecrets(of: container)
        guard let bytes = try content(container, path) else {
            throw CPIError.cloud("VM \(text) has no file \(path)")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { return bytes }
        let redactor = world.recorder.store.redactor
        // A JSON text that has no secret stays as it is, to the byte.
        return Array(redactor.clean(redactor.clean(jsonText: text)).utf8)
    }

    private func content(_ container: Container, _ path: String) throws -> [UInt8]? {
        guard var stat = try world.engine.pathStat(container.id, path: path) else { return nil }
        if let target = stat.target {
            guard let there = try world.engine.pathStat(container.id, path: target) else {
                return nil
            }
            stat = there
        }
        guard !stat.isDirectory else {
            throw CPIError.cloud("\(path) is a directory")
        }
        guard stat.size <= Engine.largestFile else {
            let most = Engine.largestFile >> 20
            throw CPIError.cloud("\(path) is too large: \(stat.size >> 20) MiB, of \(most) at most")
        }
        guard let content = try world.engine.readFile(container.id, path: path) else {
            throw CPIError.cloud("\(path) is no regular file")
        }
        return content
    }

    private func last(_ lines: Int, _ text: String) -> [String] {
        world.recorder.store.redactor.clean(text).split(separator: "\n").suffix(lines).map {
            // Colours and other commands to a terminal are the VM's, not ours.
            String($0.filter { $0 == "\t" || !$0.isControl })
        }
    }

    private func learnSecrets(of container: Container) throws {
        let path = container.settingsPath(world.configuration)
        for path in [path, VMPlace.updateSettings] {
            guard let bytes = try world.engine.readFile(container.id, path: path),
                let json = try? JSON(parsing: bytes)
            else { continue }
            world.recorder.store.redactor.learn(settings: json)
        }
    }
}
