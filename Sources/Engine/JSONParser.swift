/// Reads one JSON text (RFC 8259). Own code rather than `JSONDecoder`, which has to guess the type of
/// each value: that took half of all instructions of a call.
struct JSONParser {
    /// A text that is no JSON, by the offset of the byte at which that shows.
    struct Malformed: Error, Equatable, CustomStringConvertible {
        let offset: Int
        /// It may be JSON, but is nested deeper than is read here.
        var isTooDeep = false

        var description: String {
            "from byte \(offset + 1) on"
                + (isTooDeep ? ": nested deeper than \(JSONParser.deepest) levels" : "")
        }
    }

    /// How deep arrays and objects may be nested: a text of brackets alone must not exhaust the stack.
    static let deepest = 512

    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0
    private var depth = 0

    /// The document that `bytes` are, whole; throws `Malformed`.
    static func parse(_ bytes: UnsafeBufferPointer<UInt8>) throws(Malformed) -> JSON {
        var parser = JSONParser(bytes: bytes)
        parser.skipByteOrderMark()
        let value = try parser.value()
        parser.skipSpace()
        guard parser.position == bytes.count else { throw parser.malformed }
        return value
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    private var malformed: Malformed { Malformed(offset: position) }
    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func value() throws(Malformed) -> JSON {
        skipSpace()
        switch next {
        case UInt8(ascii: "{"):
            return .object(try nested { parser throws(Malformed) in try parser.members() })
        case UInt8(ascii: "["):
            return .array(try nested { parser throws(Malformed) in try parser.elements() })
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func nested<T>(
        _ read: (inout JSONParser) throws(Malformed) -> T
    ) throws(Malformed) -> T {
        guard depth < Self.deepest else { throw Malformed(offset: position, isTooDeep: true) }
        depth += 1
        position += 1
        let result = try read(&self)
        depth -= 1
        return result
    }

    /// After the "{". Of two members with one name the last counts, as for Docker and the director.
    private mutating func members() throws(Malformed) -> [String: JSON] {
        if isNext("}") { return [:] }
        // A dictionary that grows computes the hash of each name again, several times.
        var members: [(String, JSON)] = []
        repeat {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw malformed }
            let name = try string()
            guard isNext(":") else { throw malformed }
            members.append((name, try value()))
        } while isNext(",")
        guard isNext("}") else { throw malformed }
        return Dictionary(members) { $1 }
    }

    /// After the "[".
    private mutating func elements() throws(Malformed) -> [JSON] {
        var elements: [JSON] = []
        if isNext("]") { return elements }
        repeat { elements.append(try value()) } while isNext(",")
        guard isNext("]") else { throw malformed }
        return elements
    }

    private mutating func word(_ word: StaticString, _ value: JSON) throws(Malformed) -> JSON {
        let letters = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        guard bytes[position...].starts(with: letters) else { throw malformed }
        position += letters.count
        return value
    }

    /// Steps over white space and the character, if that is what comes.
    private mutating func isNext(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = next,
            byte == UInt8(ascii: " ") || byte == .newline || byte == UInt8(ascii: "\r")
                || byte == UInt8(ascii: "\t")
        {
            position += 1
        }
    }

    /// Editors put one before a cpi.json at times.
    private mutating func skipByteOrderMark() {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }
}

extension JSONParser {
    /// A whole number is an integer, whether written 1, 1.0 or 1e0: a daemon refuses 1.0 where it wants 1.
    /// Beyond 2^53 a Double no longer tells whether it was whole.
    private mutating func number() throws(Malformed) -> JSON {
        let start = position
        if next == UInt8(ascii: "-") { position += 1 }
        let isZero = next == UInt8(ascii: "0")
        guard try digits() == 1 || !isZero else { throw malformed }
        let isWhole = try !fraction()
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isWhole, let integer = Int64(text) { return .integer(integer) }
        guard let number = Double(text), number.isFinite else { throw malformed }
        guard number.magnitude <= 0x1p53, let integer = Int64(exactly: number) else {
            return .number(number)
        }
        return .integer(integer)
    }

    /// Steps over what may follow the whole part, and says whether there was any.
    private mutating func fraction() throws(Malformed) -> Bool {
        let start = position
        if next == UInt8(ascii: ".") {
            position += 1
            _ = try digits()
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            position += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            _ = try digits()
        }
        return position > start
    }

    /// Steps over digits, of which there must be one at least, and counts them.
    private mutating func digits() throws(Malformed) -> Int {
        let start = position
        while let byte = next, byte.isDigit { position += 1 }
        guard position > start else { throw malformed }
        return position - start
    }

    /// At the opening quote. Nearly all strings have no escapes: those are one piece.
    private mutating func string() throws(Malformed) -> String {
        position += 1
        var text = try piece()
        while next == UInt8(ascii: "\\") {
            position += 1
            text.unicodeScalars.append(try escape())
            text += try piece()
        }
        guard next == UInt8(ascii: "\"") else { throw malformed }
        position += 1
        return text
    }

    /// What stands up to the next quote or escape.
    private mutating func piece() throws(Malformed) -> String {
        let start = position
        var isASCII = true
        while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
            guard byte >= 0x20 else { throw malformed }
            isASCII = isASCII && byte < 0x80
            position += 1
        }
        let part = UnsafeBufferPointer(rebasing: bytes[start..<position])
        if isASCII { return String(decoding: part, as: UTF8.self) }
        guard let text = String(validating: part, as: UTF8.self) else { throw malformed }
        return text
    }

    /// After the backslash.
    private mutating func escape() throws(Malformed) -> Unicode.Scalar {
        guard let letter = next else { throw malformed }
        position += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            return Unicode.Scalar(letter)
        case UInt8(ascii: "b"): return "\u{08}"
        case UInt8(ascii: "f"): return "\u{0C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try scalar()
        default: throw malformed
        }
    }

    /// After "\u": one code unit of UTF-16, or two that belong together.
    private mutating func scalar() throws(Malformed) -> Unicode.Scalar {
        let first = try codeUnit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard UTF16.isLeadSurrogate(first), bytes[position...].starts(with: Array("\\u".utf8))
        else {
            throw malformed
        }
        position += 2
        let second = try codeUnit()
        guard UTF16.isTrailSurrogate(second) else { throw malformed }
        return UTF16.decode(UTF16.EncodedScalar([first, second]))
    }

    private mutating func codeUnit() throws(Malformed) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = next.flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }) else {
                throw malformed
            }
            unit = unit << 4 | UInt16(digit)
            position += 1
        }
        return unit
    }
}
