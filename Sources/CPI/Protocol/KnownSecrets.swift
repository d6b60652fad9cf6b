import Engine

/// Secrets by their first byte, and where they are in a text, however they are written there.
struct KnownSecrets {
    private var byFirstByte: [UInt8: Set<[UInt8]>] = [:]

    /// A text of several lines, such as a key, is also known by each of its lines.
    mutating func insert(_ secret: String, isCertain: Bool) {
        let lines = secret.split(whereSeparator: \.isNewline).map(KnownSecrets.trimmed)
        insert(KnownSecrets.trimmed(secret[...]), least: isCertain ? 4 : 6)
        guard lines.count > 1 else { return }
        // The lines that frame a PEM text are the same in all of them.
        for line in lines where !line.hasPrefix("-----") { insert(line, least: 12) }
    }

    private mutating func insert(_ secret: Substring, least: Int) {
        let bytes = Array(secret.utf8)
        guard bytes.count >= least, let first = bytes.first, !SecretNames.isCommon(String(secret))
        else { return }
        byFirstByte[first, default: []].insert(bytes)
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }

    /// Every place where one of them is; ranges may overlap.
    func ranges(in text: [UInt8]) -> [Range<Int>] {
        guard !byFirstByte.isEmpty else { return [] }
        return text.indices.compactMap { start in
            let encoded = Encoded.unit(text, start).flatMap { byFirstByte[$0.byte] }
            guard let secrets = byFirstByte[text[start]] ?? encoded else { return nil }
            let ends = secrets.union(encoded ?? []).compactMap { secret in
                Encoded.end(of: secret, in: text, from: start).flatMap { end in
                    KnownSecrets.stands(alone: secret, text, start..<end) ? end : nil
                }
            }
            return ends.max().map { start..<$0 }
        }
    }

    /// A short one may be a part of some id or word: it counts only where it is not.
    private static func stands(alone secret: [UInt8], _ text: [UInt8], _ range: Range<Int>) -> Bool
    {
        guard secret.count < 8, secret.allSatisfy(\.isAlphanumeric) else { return true }
        if range.upperBound < text.count, text[range.upperBound].isAlphanumeric { return false }
        let before = range.lowerBound - 1
        guard before >= 0, text[before].isAlphanumeric else { return true }
        // The end of an encoded character is not a part of the word after it.
        return [1, 2, 5].contains { length in
            before - length >= 0
                && Encoded.unit(text, before - length)?.length == length + 1
        }
    }
}

/// Characters of a text as other programs write them: `%2F` in URLs, `\n`, `\"` and `\u003c` in JSON
/// and in Go's quotes, with more backslashes where one JSON text is a string in another.
private enum Encoded {
    /// The byte that an encoded character at `index` stands for, and how long it is.
    static func unit(_ text: [UInt8], _ index: Int) -> (byte: UInt8, length: Int)? {
        switch text[index] {
        case UInt8(ascii: "%"):
            return hex(text, index + 1, 2).map { ($0, 3) }
        case UInt8(ascii: "+"):
            return (UInt8(ascii: " "), 1)
        case UInt8(ascii: "\\"):
            let run = backslashes(text, index)
            guard index + run < text.count else { return nil }
            switch text[index + run] {
            case UInt8(ascii: "n"): return (UInt8(ascii: "\n"), run + 1)
            case UInt8(ascii: "t"): return (UInt8(ascii: "\t"), run + 1)
            case UInt8(ascii: "r"): return (UInt8(ascii: "\r"), run + 1)
            case UInt8(ascii: "b"): return (0x08, run + 1)
            case UInt8(ascii: "f"): return (0x0c, run + 1)
            case UInt8(ascii: "u"): return hex(text, index + run + 1, 4).map { ($0, run + 5) }
            case UInt8(ascii: "x"): return hex(text, index + run + 1, 2).map { ($0, run + 3) }
            case let byte where "\"'/".utf8.contains(byte):
                return (byte, run + 1)
            default: return nil
            }
        default: return nil
        }
    }

    /// Where `secret` ends in the text if it begins at `start`, in any mixture of encodings.
    static func end(of secret: [UInt8], in text: [UInt8], from start: Int) -> Int? {
        end(of: secret, 0, in: text, start)
    }

    private static func end(of secret: [UInt8], _ done: Int, in text: [UInt8], _ start: Int) -> Int?
    {
        var (offset, index) = (done, start)
        while offset < secret.count {
            guard index < text.count else { return nil }
            let wanted = secret[offset]
            let encoded = unit(text, index).flatMap { $0.byte == wanted ? $0.length : nil }
            if wanted == UInt8(ascii: "\\"), text[index] == wanted {
                // However many each of them has become.
                let run = backslashes(secret, offset)
                let found = backslashes(text, index)
                guard found >= run else { return nil }
                (offset, index) = (offset + run, index + found)
            } else if let encoded {
                // A percent sign may stand for itself or begin a code: both are tried.
                if wanted == text[index],
                    let end = end(of: secret, offset + 1, in: text, index + 1)
                {
                    return end
                }
                (offset, index) = (offset + 1, index + encoded)
            } else if text[index] == wanted {
                (offset, index) = (offset + 1, index + 1)
            } else {
                return nil
            }
        }
        return index
    }

    private static func backslashes(_ text: [UInt8], _ index: Int) -> Int {
        // A JSON text in a JSON text in … doubles them: no more than these are ever meant.
        text[index...].prefix(64).prefix { $0 == UInt8(ascii: "\\") }.count
    }

    private static func hex(_ text: [UInt8], _ index: Int, _ length: Int) -> UInt8? {
        guard index + length <= text.count else { return nil }
        let digits = text[index..<(index + length)]
        guard digits.allSatisfy(\.isHexDigit),
            let value = Int(String(decoding: digits, as: UTF8.self), radix: 16),
            value < 0x80
                || length == 2
        else { return nil }
        return UInt8(value)
    }
}
