import Engine

extension Field {
    /// Tags may hold numbers and booleans: all become strings.
    func metadata() throws -> [String: String] {
        try object().mapValues { $0.string ?? $0.text }
    }
}
