/// What an operation is going to do, written before its first effect.
public struct Intent: Sendable {
    public var id: String
    public var method: String
    public var mutating: Bool
    /// JSON text; holds names, never secrets.
    public var plan: String?
    public var subjects: [Subject]
    public var director: String?
    public var request: String?
    /// JSON text.
    public var owner: String?

    public init(
        id: String, method: String, mutating: Bool, plan: String?, subjects: [Subject],
        director: String?, request: String?, owner: String?
    ) {
        self.id = id
        self.method = method
        self.mutating = mutating
        self.plan = plan
        self.subjects = subjects
        self.director = director
        self.request = request
        self.owner = owner
    }
}
