import Engine

/// Secrets that are known by where they stand, in texts of any origin.
struct SecretPatterns {
    private let text: [UInt8]
    private var found: [Range<Int>] = []

    /// Where they are; ranges may overlap, and none is empty.
    static func ranges(in text: [UInt8]) -> [Range<Int>] {
        var patterns = SecretPatterns(text: text)
        for index in text.indices {
            switch text[index] {
            case UInt8(ascii: "="): patterns.assignment(index, length: 1)
            case UInt8(ascii: "%") where patterns.has("%3d", at: index):
                patterns.assignment(index, length: 3)
            case UInt8(ascii: ":"):
                patterns.colon(index)
                if patterns.has("://", at: index) { patterns.url(index + 3) }
            case UInt8(ascii: "-"): patterns.privateKey(index)
            case UInt8(ascii: "b"), UInt8(ascii: "B"): patterns.bearer(index)
            default: break
            }
        }
        return patterns.found.filter { !$0.isEmpty }
    }

    private init(text: [UInt8]) { self.text = text }

    /// `key=value`, in a URL also `key%3Dvalue`.
    private mutating func assignment(_ index: Int, length: Int) {
        let name = name(before: index)
        if SecretNames.isHeader(name) { return header(index + length) }
        guard SecretNames.isSecret(name) else { return }
        value(from: index + length, isEncoded: length > 1)
    }

    /// `"key":"value"`, Go's `map[key:value]`, and `Header: value`. In prose a colon is followed by a
    /// space, and by no secret.
    private mutating func colon(_ index: Int) {
        var end = index
        while end > 0, text[end - 1].isQuote || text[end - 1] == UInt8(ascii: "\\") { end -= 1 }
        let name = name(before: end)
        if SecretNames.isHeader(name) { return header(index + 1) }
        guard SecretNames.isSecret(name) else { return }
        var start = index + 1
        if end < index { while start < text.count, text[start].isSpace { start += 1 } }
        value(from: start, isEncoded: false)
    }

    /// Up to the closing quote, or without one up to the next separator.
    private mutating func value(from index: Int, isEncoded: Bool) {
        let opening = text[index...].prefix { $0 == UInt8(ascii: "\\") }.count
        var start = index + opening
        if start < text.count, text[start].isQuote {
            let quote = text[start]
            start += 1
            var end = start
            while end < text.count {
                let escapes = text[end...].prefix { $0 == UInt8(ascii: "\\") }.count
                if end + escapes < text.count, text[end + escapes] == quote,
                    opening == 0 ? escapes % 2 == 0 : escapes <= opening
                {
                    break
                }
                end += escapes + 1
            }
            found.append(start..<min(end, text.count))
        } else {
            var end = index
            while end < text.count, !isSeparator(end, isEncoded: isEncoded) { end += 1 }
            found.append(index..<end)
        }
    }

    private func isSeparator(_ index: Int, isEncoded: Bool) -> Bool {
        switch text[index] {
        case UInt8(ascii: ","), UInt8(ascii: "&"): return true
        case UInt8(ascii: "\\"):
            let next = text[index...].prefix(64).drop { $0 == UInt8(ascii: "\\") }.first ?? 0
            return next.isQuote || "nrt".utf8.contains(next)
        case UInt8(ascii: "%") where isEncoded:
            return ["%2c", "%26", "%20", "%22", "%0a"].contains { has($0, at: index) }
        case let byte: return byte.isSpace || byte.isQuote
        }
    }

    /// The rest of the line, or of the string that it is in.
    private mutating func header(_ index: Int) {
        var start = index
        while start < text.count,
            text[start].isSpace || text[start].isQuote
                || text[start] == UInt8(ascii: "\\")
        {
            start += 1
        }
        var end = start
        while end < text.count, !text[end].isQuote, text[end] != UInt8(ascii: "\n"),
            text[end] != UInt8(ascii: "\r"),
            text[end] != UInt8(ascii: "\\")
        {
            end += 1
        }
        found.append(start..<end)
    }

    /// `Bearer TOKEN`, without the header's name.
    private mutating func bearer(_ index: Int) {
        guard has("bearer ", at: index) else { return }
        let token = text[(index + 7)...].prefix { !$0.isSpace && !$0.isQuote }
        if token.count >= 8 { found.append(token.indices) }
    }

    /// The password of `user:password@`. It may hold an unencoded `@` or `/`.
    private mutating func url(_ start: Int) {
        let rest = text[start...].prefix { !$0.isSpace && !$0.isQuote && $0 != UInt8(ascii: "\\") }
        let authority = rest.prefix { !"/?#".utf8.contains($0) }
        guard let colon = authority.firstIndex(of: UInt8(ascii: ":")) else { return }
        var end = authority.lastIndex(of: UInt8(ascii: "@"))
        // `host:port/path@x` has no password; what is no port before the slash belongs to one.
        if end == nil, !authority[(colon + 1)...].allSatisfy(\.isDigit),
            !authority.contains(UInt8(ascii: "["))
        {
            end = rest.lastIndex(of: UInt8(ascii: "@"))
        }
        if let end, end > colon { found.append((colon + 1)..<end) }
    }

    private mutating func privateKey(_ start: Int) {
        guard has("-----begin ", at: start) else { return }
        let heading = text[(start + 11)...].prefix(40)
        guard String(decoding: heading, as: UTF8.self).contains("PRIVATE KEY-----") else { return }
        var end = start + 11
        while end < text.count, !has("-----end ", at: end) { end += 1 }
        found.append(start..<end)
    }

    private func name(before end: Int) -> String {
        var start = end
        while start > 0, text[start - 1].isNameCharacter { start -= 1 }
        return String(decoding: text[start..<end], as: UTF8.self)
    }

    /// Compares without regard to capitals; `wanted` is in small letters.
    private func has(_ wanted: String, at index: Int) -> Bool {
        guard index + wanted.utf8.count <= text.count else { return false }
        // Not by `zip`: to make its type known takes a process longer than all else that is done here.
        var place = index
        for letter in wanted.utf8 {
            let own = text[place]
            guard own == letter || (own.isCapital && own | 0x20 == letter) else {
                return false
            }
            place += 1
        }
        return true
    }
}

extension UInt8 {
    fileprivate var isQuote: Bool {
        self == UInt8(ascii: "\"") || self == UInt8(ascii: "'") || self == UInt8(ascii: "`")
    }
}
