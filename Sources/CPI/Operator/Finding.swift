/// One thing that `doctor` has looked at.
public struct Finding: Sendable {
    /// `fail` is what makes `doctor` end with an error.
    public enum Level: String, Sendable { case ok, warn, fail }

    /// The line's title: what was looked at.
    public let what: String
    public let level: Level
    /// What was found.
    public let words: String
    /// What to do; nil when nothing is to be done.
    public let advice: String?

    public init(_ what: String, _ level: Level, _ words: String, advice: String? = nil) {
        self.what = what
        self.level = level
        self.words = words
        self.advice = advice
    }
}
