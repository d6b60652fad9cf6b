import Engine
import Foundation
import Testing

@testable import CPI
@testable import Support

/// `FUZZ_COUNT` cases from `FUZZ_SEED` on; `make fuzz` sets both. A case is known by its number alone:
/// the number of the one that is at work is in the file `FUZZ_LOG`, also when the process ends there.
@Suite("Whatever is sent, configured or answered, the CPI gives one valid answer")
struct FuzzTests {
    private let environment = ProcessInfo.processInfo.environment

    @Test("random requests, configurations and answers of Docker's")
    func fuzz() throws {
        let first = environment["FUZZ_SEED"].flatMap { UInt64($0) } ?? 1
        let count = environment["FUZZ_COUNT"].flatMap { UInt64($0) } ?? 400
        let log = environment["FUZZ_LOG"].map { open($0, O_WRONLY | O_CREAT, 0o644) } ?? -1
        defer { if log >= 0 { close(log) } }
        var world = try FuzzWorld()
        for number in first..<(first + count) {
            if log >= 0 {
                let line = Array("\(number)\n".utf8)
                pwrite(log, line, line.count, 0)
            }
            // What earlier cases have made is part of a case, but not without end.
            if number % 100 == 1 { world = try FuzzWorld() }
            let answer = try world.answer(number)
            let why = FuzzTests.wrong(answer)
            try #require(
                why == nil,
                "case \(number): \(why ?? ""): \(String(decoding: answer, as: UTF8.self))")
        }
    }

    /// Why these bytes are no answer as the director wants it; nil when they are.
    static func wrong(_ answer: [UInt8]) -> String? {
        guard !answer.contains(0x0a) else { return "more than one line" }
        guard let json = try? JSON(parsing: answer), let members = json.object else {
            return "no JSON object"
        }
        guard Set(members.keys) == ["result", "error", "log"], json["log"].string != nil else {
            return "not result, error and log"
        }
        guard !json["error"].isNull else { return nil }
        let error = json["error"]
        guard json["result"].isNull, error["type"].string?.isEmpty == false,
            error["message"].string?.isEmpty == false, error["ok_to_retry"].bool != nil
        else { return "an error that is none" }
        return nil
    }

    @Test("what is no answer is known for none")
    func knows() {
        #expect(FuzzTests.wrong(Array(#"{"result":1,"error":null,"log":""}"#.utf8)) == nil)
        for text in [
            "", "null", #"{"result":1,"error":null}"#, #"{"result":1,"error":{},"log":""}"#,
            "{\"result\":1,\n\"error\":null,\"log\":\"\"}",
            #"{"result":null,"error":{"type":"","message":"x","ok_to_retry":true},"log":""}"#,
        ] { #expect(FuzzTests.wrong(Array(text.utf8)) != nil, "\(text)") }
    }
}
