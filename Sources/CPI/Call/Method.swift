import Engine
import Journal

/// What all CPI methods have.
protocol Method {
    static var name: String { get }
    /// The names that the CPI API gives the arguments, and how many of the last may be missing.
    static var arguments: [String] { get }
    static var optionalArguments: Int { get }
    /// Decodes the arguments; throws `Field.Wrong`.
    init(_ arguments: Arguments) throws
    /// What the journal files the call under.
    var subjects: [Subject] { get }
}

extension Method {
    static var optionalArguments: Int { 0 }

    /// Throws `Field.Wrong` when there are too few, or when one is not what it should be. Further ones
    /// are ignored, with a warning: a newer director may send some.
    static func decoded(_ values: [JSON], _ world: World) throws -> Self {
        let arguments = try Arguments(values, Self.arguments, optional: optionalArguments, of: name)
        if let warning = arguments.warning { world.warn(warning) }
        return try Self(arguments)
    }
}

/// A CPI method that changes nothing: it looks and answers.
protocol Query: Method {
    func answer(_ world: World) throws -> JSON
}

/// A CPI method with effects: a plan, and steps that follow from the plan alone.
protocol Mutation: Method {
    /// All that recovery needs, and no secrets. Committed before the first effect.
    associatedtype Plan: Codable

    static var rule: RecoveryRule { get }
    /// What it makes and answers the CID of; nil where it answers none.
    static var makes: Subject.Kind? { get }
    /// What it is about is gone afterwards, and with it all that was open about it.
    static var deletes: Bool { get }
    /// What is locked before anything is looked at: the subjects, unless it says otherwise.
    var locks: [Subject] { get }
    /// The dead operations that are in the way of this call. Throws when one may live elsewhere.
    func inTheWay(_ search: Search) throws -> [OpenOperation]
    /// Another call to be made first, as an operation of its own; nil for none. Asked again after it.
    func preparation(_ world: World) throws -> (any Mutation)?
    /// Looks, decides, chooses every name. Changes nothing. Throws `CPIError` or `EngineError`.
    func plan(_ world: World) throws -> Plan
    /// What else the plan is about: what it is going to make.
    static func subjects(of plan: Plan) -> [Subject]
    /// The same plan gives the same steps, in this process and in any later one. `call` is nil in
    /// recovery: what is secret or large is in no plan, so steps that need it can only be undone.
    static func steps(_ plan: Plan, _ call: Self?) throws -> [Step]
    /// Sees to it that what a dead process has sent changes nothing when Docker begins with it later.
    static func endLateRequests(_ plan: Plan, _ world: World) throws
    /// What Docker shows of an operation that is not finished.
    static func situation(_ plan: Plan, _ world: World) throws -> Situation
    /// What must be known later of the moment at which the operation begins to go back.
    static func undoingBegins(_ plan: Plan, _ world: World) throws -> UndoingBegan?
    /// What makes things as they were before where that cannot be undone step by step; nil where it can.
    static func stepsBackFromImage(_ plan: Plan, _ world: World) throws -> [Step]?
    /// After the operation was taken back: what is not as it was before, in words.
    static func differencesFromBefore(_ plan: Plan, _ world: World) throws -> [String]
    /// Takes away what is of no use to anybody when the operation is closed as it is: its mark, names
    /// beside the final one.
    static func removeRemains(_ plan: Plan, _ world: World) throws
    /// What settling the operation so takes away from Docker, in the words of `Removals`.
    static func removals(_ plan: Plan, _ action: Action, _ seen: Removals) throws -> [String]
    func answer(_ plan: Plan, _ request: CallContext) -> JSON
    /// The first error as the director is to see it.
    static func error(_ error: CPIError, cause: Error) -> CPIError
}

extension Mutation {
    static var makes: Subject.Kind? { nil }
    static var deletes: Bool { false }
    var locks: [Subject] { subjects }
    func inTheWay(_ search: Search) throws -> [OpenOperation] { try search.about(locks) }
    func preparation(_ world: World) throws -> (any Mutation)? { nil }
    static func subjects(of plan: Plan) -> [Subject] { [] }
    static func endLateRequests(_ plan: Plan, _ world: World) throws {}
    static func undoingBegins(_ plan: Plan, _ world: World) throws -> UndoingBegan? { nil }
    static func stepsBackFromImage(_ plan: Plan, _ world: World) throws -> [Step]? { nil }
    /// For those whose rule never takes anything back.
    static func differencesFromBefore(_ plan: Plan, _ world: World) throws -> [String] { [] }
    static func removeRemains(_ plan: Plan, _ world: World) throws {}
    static func removals(_ plan: Plan, _ action: Action, _ seen: Removals) throws -> [String] {
        try seen.usual(action, steps(plan, nil))
    }
    /// Null: what makes something answers its CID.
    func answer(_ plan: Plan, _ request: CallContext) -> JSON { .null }
    static func error(_ error: CPIError, cause: Error) -> CPIError { error }
}

/// A method whose only effect is its plan in the journal: Docker cannot change what it is about.
protocol RecordedOnly: Mutation {}

extension RecordedOnly {
    static var rule: RecoveryRule { .nothing }
    static func steps(_ plan: Plan, _ call: Self?) throws -> [Step] { [] }
    static func situation(_ plan: Plan, _ world: World) throws -> Situation { .unfinished }
}
