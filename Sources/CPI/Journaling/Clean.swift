import Engine

/// Takes secrets out of what is shown of a journal. They are taken out before they are recorded as well: this is for
/// what no longer needs to be there, or what another process has written.
public enum Clean {
    private static let redactor = Redactor()

    /// Strings that look like secrets, and those that are called one by their key.
    public static func document(_ json: JSON) -> JSON { redactor.clean(json) }

    /// Without what looks like a secret, and without commands to a terminal: whoever is root in a VM chooses some of the
    /// words in an error.
    public static func text(_ text: String) -> String { shown(withoutSecrets(text)) }

    /// For programs, which get the rest as it is.
    public static func withoutSecrets(_ text: String) -> String { redactor.clean(text) }

    /// What a terminal may be given: control characters but for ends of lines and tabs are question marks.
    public static func shown(_ text: String) -> String {
        func isCommand(_ scalar: Unicode.Scalar) -> Bool {
            scalar.isControl && scalar != "\n" && scalar != "\t"
        }
        guard text.unicodeScalars.contains(where: isCommand) else { return text }
        var shown = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { shown.append(isCommand(scalar) ? "?" : scalar) }
        return String(shown)
    }
}

extension Clean {
    /// As `document`, of a JSON text; unchanged, to the byte, when there is nothing to take out.
    public static func jsonText(_ text: String) -> String { redactor.clean(jsonText: text) }
}
