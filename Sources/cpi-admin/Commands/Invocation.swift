/// How this command was called, so that those which it prints can be copied and run.
enum Invocation {
    /// "--config FILE" and "--journal FILE" as they were given; empty where nothing was.
    private static let options = options(in: CommandLine.arguments)

    /// A text in which each command of this tool has the same configuration and journal as this one.
    static func complete(_ text: String) -> String { complete(text, options) }

    private static func complete(_ text: String, _ options: String) -> String {
        guard !options.isEmpty else { return text }
        // A command with the ids, numbers and flags that follow it. "journal import" has no such options.
        let command =
            #/
            \b cpi-admin\ (?:
                journal (?!\ import) (?: \ (?: list | show | timeline | tail | stats | verify | prune | export | report ) )?
              | recover (?: \ (?: park | resolve ) )?
              | vm | orphans | disks | doctor
            ) \b
            (?:
                \ (?! --journal\ | --config\  )
                (?:
                    --(?: vm | disk )\ [A-Za-z0-9](?: [A-Za-z0-9_.-]*[A-Za-z0-9] )?
                  | --[a-z][a-z-]* | [0-9][0-9a-z]* | (?: vm | disk | c | vol )-[0-9a-z-]+ | ID | CID
                )
            )*
            /#
        return text.replacing(command) { match in
            let after = text[match.range.upperBound...]
            let hasOwn = [" --journal ", " --config "].contains { after.hasPrefix($0) }
            return String(match.output) + (hasOwn ? "" : " " + options)
        }
    }

    private static func options(in arguments: [String]) -> String {
        var found: [String] = []
        for name in ["--config", "--journal"] {
            if let at = arguments.lastIndex(of: name), at + 1 < arguments.count {
                found.append("\(name) \(quoted(arguments[at + 1]))")
            } else if let one = arguments.last(where: { $0.hasPrefix(name + "=") }) {
                found.append("\(name) \(quoted(String(one.dropFirst(name.count + 1))))")
            }
        }
        return found.joined(separator: " ")
    }

    /// As a shell takes it for one word.
    private static func quoted(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || "-_./+:=@%,".utf8.contains(byte)
        }
        return isPlain && !text.isEmpty
            ? text : "'" + text.replacing("'", with: "'\\''") + "'"
    }
}
