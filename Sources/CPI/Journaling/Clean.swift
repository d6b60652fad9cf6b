import Engine

/// Takes secrets out of what an older version, or another process, may have left in a journal.
public enum Clean {
    private static let redactor = Redactor()

    /// Strings that look like secrets, and those that are called one by their key.
    public static func document(_ json: JSON) -> JSON { redactor.clean(json) }

    /// Without what looks like a secret.
    public static func text(_ text: String) -> String { redactor.clean(text) }
}

extension Clean {
    /// As `document`, of a JSON text; unchanged, to the byte, when there is nothing to take out.
    public static func jsonText(_ text: String) -> String { redactor.clean(jsonText: text) }
}
