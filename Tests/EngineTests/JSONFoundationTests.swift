import Foundation
import Testing

@testable import Engine
@testable import Support

@Suite("JSON is read and written as Foundation does it")
struct JSONFoundationTests {
    /// Pieces that random texts are made of: values, brackets, white space, and what is nearly one of those.
    static let pieces = [
        "{", "}", "[", "]", ",", ":", " ", "\n", "\t", "\"a\"", "\"b\"", "\"\"", "\"é\"",
        "\"\\u00e9\"",
        "\"\\ud83d\\ude00\"", "\"\\ud83d\"", "\"\\ude00\"", "\"\\ud83d\\u0041\"",
        "\"\\n\\t\\\\\\/\\\"\"",
        "\"\\x\"", "\"\\u12\"", "\"", "\\", "true", "false", "null", "nul", "0", "-0", "-", "1",
        "-17", "01",
        "1.", "1.0", ".5", "1.25", "1e2", "1E+2", "1e-2", "1e",
        "1e999", "é", "\u{1}",
    ]

    private func foundation(_ text: String) -> JSON? {
        try? JSONDecoder().decode(JSON.self, from: Data(text.utf8))
    }

    private func compare(_ text: String) {
        let wanted = foundation(text)
        let read = try? JSON(parsing: text.utf8)
        // Foundation lets a comma stand before a closing bracket; no standard does.
        if read == nil, text.contains(/,\s*[}\]]/) { return }
        #expect(read == wanted, "\(text.debugDescription)")
    }

    @Test("random pieces in a row: the same texts are JSON, with the same values")
    func pieces() {
        var dice = Dice(seed: 7)
        for _ in 0..<20_000 {
            let count = Int.random(in: 1...7, using: &dice)
            compare((0..<count).map { _ in Self.pieces[dice.below(Self.pieces.count)] }.joined())
        }
    }

    @Test("random documents, each with a byte or two changed as well")
    func documents() throws {
        var dice = Dice(seed: 11)
        for _ in 0..<2_000 {
            let document = document(&dice, depth: 3)
            let text = document.text
            #expect(try JSON(parsing: text.utf8) == document, "\(text)")
            #expect(foundation(text) == document, "\(text)")
            var bytes = Array(text.utf8)
            let signs = Array("{}[],:\"\\ 0e-.tx".utf8)
            for _ in 0..<Int.random(in: 1...2, using: &dice) {
                bytes[dice.below(bytes.count)] = signs[dice.below(signs.count)]
            }
            if let changed = String(validating: bytes, as: UTF8.self) { compare(changed) }
        }
    }

    @Test("written as Foundation writes it, keys sorted and slashes as they are")
    func writing() throws {
        var dice = Dice(seed: 13)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        for _ in 0..<2_000 {
            let document = document(&dice, depth: 3)
            #expect(document.text == String(decoding: try encoder.encode(document), as: UTF8.self))
        }
    }

    private func document(_ dice: inout Dice, depth: Int) -> JSON {
        switch Int.random(in: 0..<(depth > 0 ? 9 : 6), using: &dice) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &dice))
        case 2: return .integer(Int64.random(in: -(1 << 53)...(1 << 53), using: &dice))
        case 3: return .number(Double.random(in: -1e6...1e6, using: &dice) + 0.5e-3)
        case 4, 5: return .string(text(&dice))
        case 6: return .array((0..<3).map { _ in self.document(&dice, depth: depth - 1) })
        default:
            let members = (0..<Int.random(in: 0...4, using: &dice)).map { _ in
                (text(&dice), self.document(&dice, depth: depth - 1))
            }
            return .object(Dictionary(members, uniquingKeysWith: { $1 }))
        }
    }

    private func text(_ dice: inout Dice) -> String {
        let letters: [Character] = [
            "a", "B", "9", "/", "\"", "\\", "\n", "\u{1}", "\u{7F}", "é", "😀", "ß", "-",
        ]
        return String(
            (0..<Int.random(in: 0...5, using: &dice)).map { _ in
                letters[dice.below(letters.count)]
            })
    }

    @Test("brackets without end are refused, before the stack ends")
    func depth() {
        for bracket in ["[", "{\"a\":"] {
            let text = String(repeating: bracket, count: 1_000_000)
            #expect(throws: (any Error).self) { try JSON(parsing: text.utf8) }
        }
        let deep = String(repeating: "[", count: 500) + String(repeating: "]", count: 500)
        #expect((try? JSON(parsing: deep.utf8)) != nil)
    }

    @Test("bytes that are no UTF-8 are refused, wherever they stand")
    func encoding() {
        let text = Array(#"{"a":"b"}"#.utf8)
        for place in text.indices {
            var bytes = text
            bytes[place] = 0xFF
            #expect(throws: (any Error).self, "at \(place)") { try JSON(parsing: bytes) }
        }
    }
}
