import Engine

/// Sees from inside a container whether its agent is up: the process runs, and it talks to its
/// message bus (nats) or listens for one (https). A bus with a name is
/// known by the addresses that the VM itself finds for it; where it finds none, by its port alone.
struct AgentProbe {
    let world: World

    /// False when it was not seen to be up: also when the look took too long, or Docker gave no answer.
    func isAgentUp(_ container: Container) throws -> Bool {
        try world.ifAnswered("the agent") {
            try look(into: container.id, settings: container.settingsPath(world.configuration))
        } ?? false
    }

    /// Asks until the agent is up; false when it was not seen to be after `seconds`. A request that
    /// got no answer, or an Engine's 5xx, says nothing about the agent: it is asked again.
    func wait(_ name: String, seconds: Int) throws -> Bool {
        var settings: String?
        return try world.wait(seconds: Double(seconds), every: 0.2) {
            try world.ifAnswered("the agent") {
                // The container is asked for once: its labels do not change.
                settings =
                    try settings
                    ?? world.engine.container(name)?.settingsPath(world.configuration)
                return try settings.map { try look(into: name, settings: $0) } ?? false
            } ?? false
        }
    }

    private func look(into container: String, settings: String) throws -> Bool {
        do {
            let script = AgentProbe.script(settings)
            let command = ["/bin/sh", "-c", script]
            return AgentProbe.showsAgent(
                try world.engine.exec(container, command, seconds: 10).output)
        } catch let error as EngineError where error.isNotRunning {
            return false
        }
    }

    /// The settings have the bus's password in them: they are read here and forgotten here. Names that
    /// nobody answers for are looked up for six seconds in all: the whole look is given ten.
    private static func script(_ path: String) -> String {
        let settings = EntryScript.escapedForSingleQuotes(path)
        return """
            grep -qx bosh-agent /proc/[0-9]*/comm 2>/dev/null && echo running
            echo '-- update'; cat \(VMPlace.updateSettings) 2>/dev/null; echo
            echo '-- settings'; cat '\(settings)' 2>/dev/null; echo
            echo '-- hosts'
            cat \(VMPlace.updateSettings) '\(settings)' 2>/dev/null |
              grep -o '"nats://[^"]*"' | sed 's#^"nats://##; s#"$##; s#.*@##; s#[:/].*##' | sort -u | head -n 3 |
              while read -r host; do
                case $host in
                ''|*[!0-9A-Za-z._-]*) ;;
                *[!0-9.]*) timeout 2 getent ahosts "$host" | while read -r ip _; do echo "$host $ip"; done ;;
                esac
              done 2>/dev/null
            echo '-- sockets'; cat /proc/net/tcp /proc/net/tcp6 2>/dev/null
            ! grep -qs '"nats://' \(VMPlace.updateSettings) '\(settings)' || sleep 0.2
            echo '-- again'; cat /proc/net/tcp /proc/net/tcp6 2>/dev/null
            """
    }

    /// What the script prints of a VM whose agent is up.
    static func showsAgent(_ output: String) -> Bool {
        guard output.hasPrefix("running\n") else { return false }
        let update = document(output, from: "update", to: "settings")
        let settings = document(output, from: "settings", to: "hosts")
        let hosts = section(output, "hosts", "sockets").map { $0.split(separator: " ") }
        let buses = addresses(update, settings).map { bus in
            bus.resolved(
                hosts.filter { $0.count > 1 && $0[0] == bus.host[...] }.map { String($0[1]) })
        }
        // No bus is known: running is all there is to see.
        guard !buses.isEmpty else { return true }
        let before = section(output, "sockets", "again").compactMap { Socket($0) }
        let now = section(output, "again", nil).compactMap { Socket($0) }
        // A bus that refuses the agent's certificate ends the connection at once, and the agent makes
        // another: the one that is seen must last.
        return buses.contains { bus in
            now.contains { socket in
                socket.serves(bus) && (bus.isListener || before.contains(socket))
            }
        }
    }

    /// What the director has sent the agent last wins over env.bosh, and that over the CPI's own.
    private static func addresses(_ update: JSON, _ settings: JSON) -> [Bus] {
        let lists = [update["mbus"]["urls"], settings["env"]["bosh"]["mbus"]["urls"]]
        let urls = lists.compactMap { $0.array?.compactMap(\.string) }.first { !$0.isEmpty }
        return (urls ?? [settings["mbus"].string].compactMap(\.self)).compactMap(Bus.init)
    }

    private static func document(_ output: String, from: String, to: String) -> JSON {
        let text = section(output, from, to).joined(separator: "\n")
        return (try? JSON(parsing: text.utf8)) ?? .null
    }

    /// The lines after the heading `from`, up to the heading `to` or the end.
    private static func section(_ output: String, _ from: String, _ to: String?) -> [Substring] {
        let lines = output.split(separator: "\n")
        guard let start = lines.firstIndex(of: "-- \(from)") else { return [] }
        let end = to.map { lines.firstIndex(of: "-- \($0)") ?? start } ?? lines.endIndex
        return start < end ? Array(lines[(start + 1)..<end]) : []
    }
}
