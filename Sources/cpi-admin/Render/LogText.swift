import CPI

/// The ends of a VM's two logs.
enum LogText {
    static func text(_ logs: Inspection.Logs) -> String {
        let container = part("What the container wrote", logs.container)
        guard let agent = logs.agent else { return container }
        return container + "\n\n" + part("The agent's log", agent)
    }

    private static func part(_ title: String, _ lines: [String]) -> String {
        let body = lines.isEmpty ? ["(nothing)"] : lines
        return ([Terminal.styled("== \(title)", .title)] + body).joined(separator: "\n")
    }
}
