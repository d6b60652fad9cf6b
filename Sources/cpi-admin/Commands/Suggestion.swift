import ArgumentParser

/// What a mistyped command may have meant: options are looked after by the parser itself.
enum Suggestion {
    /// Of words such as `["journal", "lsit"]`: the known one that is nearest to the first unknown one;
    /// nil when all are known, or none is near.
    static func of(_ words: [String]) -> String? {
        var command: ParsableCommand.Type = Admin.self
        for word in words {
            let known = command.configuration.subcommands
            if let next = known.first(where: { $0._commandName == word }) {
                command = next
                continue
            }
            let names = known.map { $0._commandName }.filter { $0 != "run" }
            return nearest(word, among: names)
        }
        return nil
    }

    /// The name that a word was meant to be; nil when none is near, or it is one.
    static func nearest(_ word: String, among names: [String]) -> String? {
        let nearest = names.min { distance(word, $0) < distance(word, $1) }
        return nearest.flatMap { distance(word, $0) <= 2 && word != $0 ? $0 : nil }
    }

    /// How many letters must be put in or taken out to make one of the other.
    private static func distance(_ one: String, _ other: String) -> Int {
        one.difference(from: other).count
    }
}
