import Engine
import Journal

/// A CPI method that changes nothing: it looks and answers.
protocol Query {
    static var name: String { get }
    /// Checks and decodes the arguments; throws `Field.Wrong`.
    init(_ values: [JSON]) throws
    /// What the journal files the call under.
    var subjects: [Subject] { get }
    func answer(_ world: World) throws -> JSON
}

/// A CPI method with effects: a plan, and steps that follow from the plan alone.
protocol Mutation {
    /// All that recovery needs, and no secrets. Committed before the first effect.
    associatedtype Plan: Codable

    static var name: String { get }
    static var lane: Lane { get }
    /// What it is about is gone afterwards, and with it all that was open about it.
    static var deletes: Bool { get }
    /// Checks and decodes the arguments; throws `Field.Wrong`.
    init(_ values: [JSON]) throws
    /// What the call names. Locked before anything is looked at, unless `locks` says otherwise.
    var subjects: [Subject] { get }
    var locks: [Subject] { get }
    /// Settles what dead operations left in the way of this call; its locks are held.
    func settleBefore(_ settlement: Settlement) throws
    /// Looks, decides, chooses every name. Changes nothing. Throws `CPIError` or `EngineError`.
    func plan(_ world: World) throws -> Plan
    /// What else the plan is about: what it is going to make.
    static func subjects(of plan: Plan) -> [Subject]
    /// The same plan gives the same steps, in this process and in any later one. `call` is nil in
    /// recovery: what is secret or large is in no plan, so steps that need it can only be undone.
    static func steps(_ plan: Plan, _ call: Self?) throws -> [Step]
    /// What Docker shows of an operation that was left open.
    static func situation(_ plan: Plan, _ world: World) throws -> Situation
    /// Clears away what is not needed beside what is made, when recovery finds it made.
    static func tidy(_ plan: Plan, _ world: World) throws
    func answer(_ plan: Plan, _ request: CallContext) -> JSON
    /// The first error as the director is to see it.
    static func error(_ error: CPIError, cause: Error) -> CPIError
}

extension Mutation {
    static var deletes: Bool { false }
    var locks: [Subject] { subjects }
    func settleBefore(_ settlement: Settlement) throws { try settlement.settle(locks) }
    static func tidy(_ plan: Plan, _ world: World) throws {}
    static func subjects(of plan: Plan) -> [Subject] { [] }
    static func error(_ error: CPIError, cause: Error) -> CPIError { error }
}
