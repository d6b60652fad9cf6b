/// Which version of this program it is.
public enum Version {
    /// The version, in the one place that has it: `make release` reads it here.
    public static let number = "0.1.0"

    /// The commit: `git archive`, which every release is built from, writes it here (.gitattributes).
    private static let archived = "$Format:%H$"

    /// Number and commit, for `--version`.
    public static var text: String {
        let commit = archived.hasPrefix("$") ? "a working tree" : "commit \(archived.prefix(12))"
        return "\(number) (\(commit))"
    }
}
