import Engine

/// A value in a request or in the configuration, with the name that errors call it by.
///
/// Errors name the field and the kind of value that was found, never the value: it may be secret.
struct Field {
    let name: String
    let value: JSON
    /// Learns which members are asked for; nil when nobody wants to know.
    var asked: AskedNames?

    /// A value is not what it should be; the description names the field.
    struct Wrong: Error, CustomStringConvertible {
        let description: String
    }

    var isAbsent: Bool { value.isNull }

    func member(_ key: String) -> Field {
        let member = name.isEmpty ? key : "\(name).\(key)"
        asked?.add(member, of: name)
        return Field(name: member, value: value[key], asked: asked)
    }

    /// A member that has members of its own, or is not there.
    func section(_ key: String) throws -> Field {
        let section = member(key)
        _ = try section.optional { try $0.object() }
        return section
    }

    func string() throws -> String {
        guard let text = value.string else { throw wrong("a string") }
        return text
    }

    func nonEmptyString() throws -> String {
        let text = try string()
        guard !text.isEmpty else { throw Wrong(description: "\(name) must not be empty") }
        return text
    }

    /// A path of this machine. Linux would end it at a character zero.
    func path() throws -> String {
        let text = try nonEmptyString()
        guard !text.contains("\0") else {
            throw Wrong(description: "\(name) has a character zero, which no path can have")
        }
        return text
    }

    func int(_ range: ClosedRange<Int>) throws -> Int {
        guard let number = value.int else {
            guard value.double == nil else {
                throw Wrong(description: "\(name) must be a whole number, and of 64 bits at most")
            }
            throw wrong("a whole number")
        }
        guard range.contains(number) else {
            throw Wrong(description: "\(name) is \(number); it \(Field.limits(range))")
        }
        return number
    }

    /// A number of either kind, above `minimum` and not beyond reason.
    func double(above minimum: Double, below maximum: Double = 1e9) throws -> Double {
        guard let number = value.double else { throw wrong("a number") }
        guard number > minimum, number < maximum else {
            throw Wrong(
                description: "\(name) must be more than \(minimum) and less than \(maximum)")
        }
        return number
    }

    func bool() throws -> Bool {
        guard let flag = value.bool else { throw wrong("true or false") }
        return flag
    }

    func object() throws -> [String: JSON] {
        guard let members = value.object else { throw wrong("an object") }
        return members
    }

    /// The members as fields, by name, in the order of their names.
    func members() throws -> [(key: String, field: Field)] {
        try object().keys.sorted().map { (key: $0, field: member($0)) }
    }

    func array() throws -> [Field] {
        guard let elements = value.array else { throw wrong("an array") }
        return elements.enumerated().map { Field(name: "\(name)[\($0)]", value: $1) }
    }

    func strings() throws -> [String: String] {
        try object().reduce(into: [:]) { result, member in
            result[member.key] = try self.member(member.key).string()
        }
    }

    /// Nil when the field is absent or null, else what `read` makes of it.
    func optional<T>(_ read: (Field) throws -> T) rethrows -> T? {
        isAbsent ? nil : try read(self)
    }

    func wrong(_ expected: String) -> Wrong {
        Wrong(description: "\(name) must be \(expected), not \(value.kind)")
    }

    private static func limits(_ range: ClosedRange<Int>) -> String {
        range.upperBound == .max
            ? "must be at least \(range.lowerBound)"
            : "must be between \(range.lowerBound) and \(range.upperBound)"
    }
}
