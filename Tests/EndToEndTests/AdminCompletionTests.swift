import Foundation
import Testing

/// The scripts that a release has in `completions/`, in the shells themselves.
@Suite("Shells complete the operator's commands")
struct AdminCompletionTests {
    private static func has(_ shell: String) -> Bool {
        (try? Command.run("/bin/bash", ["-c", "command -v \(shell)"]).exitCode) == 0
    }

    /// Runs a script of that shell, which can read the completions from the file `$1`.
    private func run(_ shell: String, _ script: String) throws -> String {
        let text = try Command.run(
            Rig.executables + "/cpi-admin", ["--generate-completion-script", shell])
        try #require(text.exitCode == 0, "\(text.stderr)")
        let file = NSTemporaryDirectory() + "cpi-completions-" + UUID().uuidString
        try text.stdout.write(toFile: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }
        let clean = ["bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]][shell] ?? []
        let path = "\(Rig.executables):/usr/local/bin:/usr/bin:/bin"
        let run = try Command.run(
            "/usr/bin/env", [shell] + clean + ["-c", script.replacing("$1", with: "'\(file)'")],
            environment: ["PATH": path, "HOME": NSTemporaryDirectory()])
        try #require(run.exitCode == 0, "\(run)")
        return run.stdout
    }

    @Test("bash: commands, options, and the words that an option takes")
    func bash() throws {
        func complete(_ words: String...) throws -> [String] {
            let list = (["cpi-admin"] + words).map { "'\($0)'" }.joined(separator: " ")
            let script = """
                source $1
                function=$(complete -p cpi-admin | sed 's/.*-F \\([^ ]*\\).*/\\1/')
                COMP_WORDS=(\(list)) COMP_CWORD=\(words.count) COMP_TYPE=9 COMP_KEY=9
                COMP_LINE="${COMP_WORDS[*]}" COMP_POINT=${#COMP_LINE}
                "$function" cpi-admin "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
                printf '%s\\n' "${COMPREPLY[@]}"
                """
            return try run("bash", script).split(separator: "\n").map {
                $0.trimmingCharacters(in: .whitespaces)
            }
        }
        #expect(try complete("jou") == ["journal"])
        #expect(try complete("journal", "ti") == ["timeline"])
        // Options of what a command does by itself stand behind its whole name.
        #expect(try complete("recover", "run", "--from") == ["--from-docker"])
        #expect(try complete("journal", "list", "--fa") == ["--failed"])
        #expect(try Set(complete("orphans", "--remove", "")) == ["container", "volume", "network"])
    }

    @Test("zsh knows the command", .enabled(if: has("zsh"), "zsh is not installed"))
    func zsh() throws {
        let script = "autoload -Uz compinit; compinit -D -u; source $1; print $_comps[cpi-admin]"
        #expect(try run("zsh", script) == "_cpi-admin\n")
    }

    @Test("fish: commands and options", .enabled(if: has("fish"), "fish is not installed"))
    func fish() throws {
        #expect(try run("fish", "source $1; complete -C 'cpi-admin jou'").contains("journal"))
        #expect(
            try run("fish", "source $1; complete -C 'cpi-admin recover run --from'")
                .contains("--from-docker"))
    }
}
