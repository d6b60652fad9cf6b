import Engine
import Testing

@testable import CPI
@testable import Support

@Suite("Whatever comes in on stdin, a JSON answer goes out")
struct ProtocolTests {
    let runner: CallRunner

    init() throws { runner = try CallRunner() }

    /// The error of an answer; fails unless the answer has the three keys that the director needs.
    private func error(_ text: String) throws -> (type: String, message: String) {
        let answer = try JSON(parsing: runner.answer(Array(text.utf8)))
        #expect(answer.object?.keys.sorted() == ["error", "log", "result"])
        #expect(answer["result"] == .null)
        #expect(answer["log"].string != nil)
        return (answer["error"]["type"].string ?? "", answer["error"]["message"].string ?? "")
    }

    @Test(
        "no input, half an input, no JSON, another shape",
        arguments: [
            "", " \n", "{", #"{"method":"info","arguments":["#, "nonsense", "[]", "null", "3",
            #""info""#,
            #"{"arguments":[]}"#, #"{"method":"","arguments":[]}"#, #"{"method":3,"arguments":[]}"#,
            #"{"method":"info"}"#, #"{"method":"info","arguments":{}}"#,
            #"{"method":"info","arguments":null}"#,
            #"{"method":"info","arguments":[],"api_version":"2"}"#,
            #"{"method":"info","arguments":[],"api_version":0}"#,
            #"{"method":"info","arguments":[],"context":[]}"#,
            #"{"method":"info","arguments":[],"context":{"director_uuid":3}}"#,
        ])
    func malformed(text: String) throws {
        let error = try error(text)
        #expect(error.type == "Bosh::Clouds::CpiError")
        #expect(!error.message.isEmpty)
    }

    @Test(
        "what cannot be read is told with the place and the reason",
        arguments: [
            (#"{"method":"info","arguments":["#, "cannot be read as JSON from byte 31 on ("),
            (String(repeating: "[", count: 600), "nested deeper than 512 levels"),
            (
                #"{"method":"create_disk","arguments":[99999999999999999999,{}]}"#,
                "must be a whole number, and of 64 bits at most"
            ),
            (
                #"{"method":"create_disk","arguments":["1",{}]}"#,
                "must be a whole number, not a string"
            ),
        ])
    func place(text: String, words: String) throws {
        let message = try error(text).message
        #expect(message.contains(words), "\(message)")
    }

    @Test("bytes that are no UTF-8 are answered as well")
    func notUTF8() throws {
        let answer = try JSON(parsing: runner.answer([0xff, 0xfe, 0x80]))
        #expect(answer["error"]["type"] == "Bosh::Clouds::CpiError")
    }

    @Test("an error says what is wrong and shows nothing of the value")
    func noValues() throws {
        let text = #"{"method":"has_vm","arguments":[{"password":"marker-of-a-secret"}]}"#
        let error = try error(text)
        #expect(error.message.contains("vm_cid must be a string, not an object"))
        #expect(!error.message.contains("marker"))
        #expect(try !self.error(#"{"password":"marker-of-a-secret""#).message.contains("marker"))
    }

    @Test(
        "an unknown method is NotImplemented, whatever its name",
        arguments: [
            "ping", "configure_networks", "Info", "info ", "snapshot\\u0000", "x\\ny",
        ])
    func unknown(method: String) throws {
        let error = try error(#"{"method":"\#(method)","arguments":[]}"#)
        #expect(error.type == "Bosh::Clouds::NotImplemented")
    }

    @Test(
        "methods of other API versions that are not there are NotImplemented",
        arguments: ["current_vm_id", "get_vm"])
    func notThere(method: String) throws {
        #expect(
            try error(#"{"method":"\#(method)","arguments":[],"api_version":2}"#).type
                == "Bosh::Clouds::NotImplemented")
    }

    @Test(
        "too few arguments are told with how many there should be",
        arguments: [
            ("has_vm", "[]", "takes 1 argument (vm_cid), not 0"),
            ("attach_disk", #"["a"]"#, "takes 2 arguments (vm_cid, disk_cid)"),
            ("create_vm", "[]", "takes 4 to 6 arguments"), ("create_disk", "[1]", "takes 2 to 3"),
        ])
    func counts(method: String, arguments: String, expected: String) throws {
        let error = try error(#"{"method":"\#(method)","arguments":\#(arguments)}"#)
        #expect(error.type == "Bosh::Clouds::CpiError")
        #expect(error.message.contains(expected))
    }

    @Test("arguments beyond those that are known do no harm: a newer director may send some")
    func furtherArguments() throws {
        #expect(try runner.call("info", [1, "x"])["api_version"] == 3)
        #expect(try runner.call("has_vm", ["vm-1", ["new": true], .null]) == false)
        let two = try Arguments(["vm-1", 1, 2], ["vm_cid"], of: "has_vm")
        #expect(two[0].value == "vm-1" && two.ignored == 2)
        #expect(two.warning == "2 further arguments of has_vm are ignored")
        let one = try Arguments([1, 2, 3], ["a", "b"], optional: 1, of: "m")
        #expect(one.warning == "1 further argument of m is ignored")
        let none = try Arguments([1], ["a", "b"], optional: 1, of: "m")
        #expect(none.ignored == 0 && none.warning == nil)
    }

    @Test(
        "a hostile CID is refused before Docker or the disk sees it",
        arguments: [
            "", "a", "../../etc/passwd", "a/b", "a b", "-rf", ".hidden", "a\\u0000b", "a\\nb",
            "é-1", "a:b", "a@b",
            "$(reboot)", "a%2Fb", String(repeating: "x", count: 201),
        ])
    func hostileCIDs(cid: String) throws {
        for (method, rest) in [
            ("has_vm", ""), ("delete_vm", ""), ("delete_disk", ""), ("reboot_vm", ""),
            ("get_disks", ""),
            ("attach_disk", #","disk-1""#), ("detach_disk", #","disk-1""#), ("resize_disk", ",100"),
        ] {
            let error = try error(#"{"method":"\#(method)","arguments":["\#(cid)"\#(rest)]}"#)
            #expect(error.type == "Bosh::Clouds::CpiError", "\(method)")
            #expect(error.message.contains("_cid"), "\(method)")
        }
        #expect(runner.docker.count == 0)
    }

    @Test("null and numbers are no CIDs", arguments: ["null", "3", "true", "[]", "{}"])
    func wrongTypes(value: String) throws {
        for method in ["has_vm", "has_disk", "delete_vm", "delete_stemcell", "delete_disk"] {
            let error = try error(#"{"method":"\#(method)","arguments":[\#(value)]}"#)
            #expect(error.type == "Bosh::Clouds::CpiError")
            #expect(error.message.contains("must be a string"))
        }
    }

    @Test("a daemon that is away is a CloudError with advice, for queries and for changes")
    func unreachable() throws {
        runner.docker.onRequest = { _, _ in .beforeSending }
        for method in ["has_vm", "delete_vm", "reboot_vm"] {
            let error = try error(#"{"method":"\#(method)","arguments":["vm-1"]}"#)
            #expect(error.type == "Bosh::Clouds::CloudError")
            #expect(error.message.contains("cannot reach Docker"))
        }
    }

    @Test("a daemon that is none of ours is told so")
    func notDocker() throws {
        runner.docker.apiVersion = nil
        #expect(
            try error(#"{"method":"has_vm","arguments":["vm-1"]}"#).message.contains(
                "does not answer as a Docker Engine"))
    }

    @Test(
        "the arguments of the program",
        arguments: [
            (["-configPath", "/c"], CommandLineOptions.serve(configuration: "/c")),
            (["--config=/c"], .serve(configuration: "/c")), (["--version"], .version),
            (["--help"], .help),
            (["-h", "x"], .help),
        ])
    func options(arguments: [String], expected: CommandLineOptions) {
        #expect(CommandLineOptions(arguments) == expected)
    }

    @Test("wrong arguments are told", arguments: [[], ["-configPath"], ["--what"], ["/c"]])
    func wrongOptions(arguments: [String]) {
        guard case .wrong = CommandLineOptions(arguments) else {
            Issue.record("accepted")
            return
        }
    }
}
