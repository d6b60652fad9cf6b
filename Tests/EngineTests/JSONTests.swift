import Testing

@testable import Engine

@Suite("JSON passes on what it got")
struct JSONTests {
    @Test(
        "every kind of value survives",
        arguments: [
            #"null"#, #"true"#, #"false"#, #"0"#, #"-1"#, #"9223372036854775807"#,
            #"-9223372036854775808"#,
            #"1.5"#, #""""#, #""a\"b\\c/é\u0001""#, #"[]"#, #"{}"#, #"[null,[true,{"a":[1]}]]"#,
            #"{"Unknown":{"deep":[{"x":null}]},"b":2}"#,
        ])
    func roundTrip(text: String) throws {
        let value = try JSON(parsing: text.utf8)
        #expect(try JSON(parsing: value.text.utf8) == value)
    }

    @Test("integers stay integers: a daemon refuses 1.0 where it wants 1")
    func integers() throws {
        #expect(try JSON(parsing: "[9007199254740993, 1]".utf8).text == "[9007199254740993,1]")
        #expect(try JSON(parsing: "[1.25]".utf8).text == "[1.25]")
        #expect(try JSON(parsing: "[1.0, 1e2, 0.0]".utf8).text == "[1,100,0]")
        #expect(try JSON(parsing: "9223372036854775808".utf8).int == nil)
        #expect(try JSON(parsing: "36450622978036419.2".utf8).int == nil)
        #expect(try JSON(parsing: "true".utf8).int == nil)
        #expect(try JSON(parsing: "1".utf8).bool == nil)
    }

    @Test("of two members with one name the last counts; a byte order mark does not")
    func oddities() throws {
        #expect(try JSON(parsing: #"{"a":1,"a":2}"#.utf8) == ["a": 2])
        #expect(try JSON(parsing: [0xEF, 0xBB, 0xBF] + "[1]".utf8) == [1])
    }

    @Test("the text has its keys in order and its slashes as they are")
    func text() {
        #expect((["b": "/x", "a": 1] as JSON).text == #"{"a":1,"b":"/x"}"#)
    }

    @Test("looking for what is not there gives null, at any depth")
    func lookup() {
        var json: JSON = ["a": ["b": "c"]]
        #expect(json["a"]["b"].string == "c")
        #expect(json["x"]["y"]["z"] == .null)
        #expect(json["a"]["b"]["c"].isNull)
        json["n"]["m"] = 1
        #expect(json["n"] == ["m": 1])
        #expect(JSON.null["a"].array == nil)
        #expect((["a": 1, "b": "x"] as JSON).strings == ["b": "x"])
    }

    @Test(
        "what is not JSON is an error",
        arguments: [
            "", "{", "[1,", "[1,]", "nul", "{\"a\" 1}", "\u{0}", "1\u{0}", "1 2", "01", "1e999",
        ])
    func invalid(text: String) {
        #expect(throws: (any Error).self) { try JSON(parsing: text.utf8) }
    }
}

@Suite("A stream of documents is read however it is cut")
struct JSONStreamTests {
    static let text =
        "{\"status\":\"a}b\"}\r\n{\"x\":[{\"y\":\"\\\"{\"}]}\n \n{\"errorDetail\":{\"message\":\"no\"}}"

    private func feed(_ stream: inout JSONStream, _ bytes: ArraySlice<UInt8>) -> [JSON] {
        Array(bytes).withUnsafeBytes { stream.feed($0) }
    }

    @Test("cut in two at every byte, the documents are the same")
    func everyCut() {
        let bytes = Array(Self.text.utf8)
        for cut in 0...bytes.count {
            var stream = JSONStream()
            let documents = feed(&stream, bytes[..<cut]) + feed(&stream, bytes[cut...])
            #expect(documents.count == 3, "cut at \(cut)")
            #expect(documents.first?["status"].string == "a}b")
            #expect(documents.last?["errorDetail"]["message"].string == "no")
            #expect(stream.isComplete)
        }
    }

    @Test("byte by byte as well")
    func byteByByte() {
        var stream = JSONStream()
        let documents = Array(Self.text.utf8).flatMap { feed(&stream, [$0]) }
        #expect(documents.count == 3)
    }

    @Test("a document that is cut off is not complete")
    func truncated() {
        var stream = JSONStream()
        let bytes = Array(#"{"a":1}{"b":"#.utf8)
        #expect(feed(&stream, bytes[...]).count == 1)
        #expect(!stream.isComplete)
    }
}
