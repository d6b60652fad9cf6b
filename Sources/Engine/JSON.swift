import FoundationEssentials

/// Any JSON document, kept as it is: what a peer sends is passed on whole, unknown fields too.
public enum JSON: Codable, Sendable, Equatable {
    case null, bool(Bool), integer(Int64), number(Double), string(String)
    case array([JSON])
    case object([String: JSON])

    /// Reads a JSON text. Throws when it is none, is nested more than 512 deep, or holds a number beyond a
    /// Double. Of two members with one name the last counts.
    public init(parsing bytes: some Sequence<UInt8>) throws {
        let parsed = try bytes.withContiguousStorageIfAvailable { try JSONParser.parse($0) }
        self = try parsed ?? Array(bytes).withUnsafeBufferPointer { try JSONParser.parse($0) }
    }

    /// As a part of a plan, which is read as the type that wrote it.
    public init(from decoder: Decoder) throws {
        let value = try decoder.singleValueContainer()
        // Ordered by how often each is met; a failed attempt costs microseconds.
        if let text = try? value.decode(String.self) {
            self = .string(text)
        } else if let members = try? value.decode([String: JSON].self) {
            self = .object(members)
        } else if let elements = try? value.decode([JSON].self) {
            self = .array(elements)
        } else if let flag = try? value.decode(Bool.self) {
            self = .bool(flag)
        } else if let integer = try? value.decode(Int64.self) {
            self = .integer(integer)
        } else if value.decodeNil() {
            self = .null
        } else {
            self = .number(try value.decode(Double.self))
        }
    }

    public func encode(to encoder: Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let flag): try container.encode(flag)
        case .integer(let integer): try container.encode(integer)
        case .number(let number): try container.encode(number)
        case .string(let text): try container.encode(text)
        case .array(let elements): try container.encode(elements)
        case .object(let members): try container.encode(members)
        }
    }

    /// A Swift value as the document that it encodes to.
    public init(encoding value: some Encodable) throws {
        try self.init(parsing: try JSONEncoder().encode(value))
    }

    /// The JSON text, keys sorted: the same value always gives the same text.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    public var bytes: [UInt8] { JSONWriter(self).bytes }
}

/// Looking into a document: a missing member is `.null`, a wrong type is nil.
extension JSON {
    public subscript(key: String) -> JSON {
        get { if case .object(let members) = self { members[key] ?? .null } else { .null } }
        set {
            var members = object ?? [:]
            members[key] = newValue
            self = .object(members)
        }
    }

    public var isNull: Bool { self == .null }
    public var string: String? { if case .string(let text) = self { text } else { nil } }
    public var bool: Bool? { if case .bool(let flag) = self { flag } else { nil } }
    public var int: Int? { if case .integer(let integer) = self { Int(integer) } else { nil } }
    public var array: [JSON]? { if case .array(let elements) = self { elements } else { nil } }
    public var object: [String: JSON]? {
        if case .object(let members) = self { members } else { nil }
    }
    /// A number of either kind.
    public var double: Double? {
        switch self {
        case .integer(let integer): Double(integer)
        case .number(let number): number
        default: nil
        }
    }
    /// The members whose values are strings.
    public var strings: [String: String] { (object ?? [:]).compactMapValues(\.string) }

    /// What kind of value it is, in JSON's own words, for error texts that must not show the value.
    public var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .integer, .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral,
    ExpressibleByNilLiteral
{
    public init(stringLiteral text: String) { self = .string(text) }
    public init(integerLiteral integer: Int64) { self = .integer(integer) }
    public init(booleanLiteral flag: Bool) { self = .bool(flag) }
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }
    public init(dictionaryLiteral members: (String, JSON)...) {
        self = .object(Dictionary(members, uniquingKeysWith: { _, last in last }))
    }
    public init(nilLiteral: ()) { self = .null }

    public init(_ strings: [String: String]) { self = .object(strings.mapValues(JSON.string)) }
    public init(_ strings: [String]) { self = .array(strings.map(JSON.string)) }
    /// Null for what is nil; so are those below.
    public init(_ text: String?) { self = text.map(JSON.string) ?? .null }
    public init(_ flag: Bool?) { self = flag.map(JSON.bool) ?? .null }
    public init(_ number: Int?) { self = number.map { .integer(Int64($0)) } ?? .null }
    public init(_ number: Int64?) { self = number.map(JSON.integer) ?? .null }
}
