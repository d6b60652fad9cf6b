import Engine
import Logging
import Testing

@testable import CPI
@testable import Support

@Suite("Known secrets are taken out of texts, however they are written there")
struct KnownSecretTests {
    private func cleaned(_ text: String, _ secrets: String...) -> String {
        let redactor = Redactor()
        for secret in secrets { redactor.learn(secret) }
        return redactor.clean(text)
    }

    @Test(
        "plain, in JSON, in JSON inside JSON, in Go's quotes, in URLs",
        arguments: [
            (#"s3cr/et"x"#, #"s3cr/et"x"#), (#"s3cr/et"x"#, #"s3cr\/et\"x"#),
            (#"s3cr/et"x"#, #"s3cr/et\\\"x"#), (#"s3cr/et"x"#, "s3cr%2Fet%22x"),
            (#"s3cr/et"x"#, "s3cr%2fet%22x"), (#"s3cr/et"x"#, "%733cr/et%22x"),
            ("a&b<c>d", #"a\u0026b\u003cc\u003ed"#), ("a&b<c>d", "a%26b%3Cc%3Ed"),
            ("two words", "two+words"), ("two words", "two%20words"),
            (#"back\slash"#, #"back\slash"#), (#"back\slash"#, #"back\\slash"#),
            (#"back\slash"#, #"back\\\\slash"#), (#"back\\slash"#, #"back\\\\slash"#),
            ("100%25sure", "100%25sure"), ("100%sure", "100%25sure"), ("pässwörd", "pässwörd"),
            ("pässwörd", "p%C3%A4ssw%C3%B6rd"), ("line1\nline2", #"line1\nline2"#),
            ("tab\there", #"tab\there"#), ("it's", #"it\'s"#), ("it's", #"it\x27s"#),
        ])
    func encodings(secret: String, written: String) {
        #expect(cleaned("before=\(written);after", secret) == "before=***;after")
        #expect(cleaned(written, secret) == "***")
    }

    @Test("one that is part of another, or overlaps it, leaves nothing of either")
    func overlapping() {
        #expect(cleaned("x abcdefgh-ijklmnop y", "abcdefgh", "abcdefgh-ijklmnop") == "x *** y")
        #expect(cleaned("x abcdefgh-ijklmnop y", "abcdefgh-ijk", "ijklmnop") == "x *** y")
        #expect(cleaned("abcdefghabcdefgh", "abcdefgh") == "***")
        #expect(cleaned("xabcdefghx", "abcdefgh") == "x***x")
    }

    @Test("a short one is taken for itself only where it is no part of a word or id")
    func short() {
        #expect(
            cleaned("beef12 in vm-0beef12a and 7beef12", "beef12")
                == "*** in vm-0beef12a and 7beef12")
        #expect(
            cleaned(#"key%3Dbeef12 \nbeef12 \u003dbeef12,"#, "beef12")
                == #"key%3D*** \n*** \u003d***,"#)
        #expect(cleaned("xbeef12!x", "beef12!") == "x***x")
    }

    @Test(
        "what is too short, a number or a common word makes no text unreadable",
        arguments: [
            "", "abc", "true", "1024", "3.5", "local", "running", "done", "director", "***",
        ])
    func common(word: String) {
        let text = "abc true 1024 3.5 local running done director ***"
        #expect(cleaned(text, word) == text)
    }

    @Test("a key of several lines is known as a whole, by each line, and without its frame")
    func key() {
        let first = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"
        let second = "BKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"
        let pem = "-----BEGIN CERTIFICATE-----\n\(first)\n\(second)\n-----END CERTIFICATE-----\n"
        #expect(cleaned("got: \(pem)", pem) == "got: ***\n")
        #expect(cleaned(JSON.string(pem).text, pem) == #""***\n""#)
        #expect(cleaned("line \(second) is bad", pem) == "line *** is bad")
        #expect(cleaned("no -----BEGIN CERTIFICATE----- found", pem).contains("BEGIN CERTIFICATE"))
        let windows = pem.replacing("\n", with: "\r\n")
        #expect(cleaned("line \(first) is bad", windows) == "line *** is bad")
    }

    @Test("a text that is cut anywhere, or ends in half an encoding, is no trouble")
    func cut() {
        let redactor = Redactor()
        redactor.learn(#"s3c"r\et%x"#)
        let text =
            #"a %5 \u00 \\\ %s3c\"r\\et%25x https://u:p@h "password":"x\"y Authorization: B \"#
        let bytes = Array(text.utf8)
        for end in 0...bytes.count {
            for start in stride(from: 0, through: end, by: 7) {
                _ = redactor.clean(String(decoding: bytes[start..<end], as: UTF8.self))
            }
        }
        #expect(!redactor.clean(text).contains("s3c"))
    }
}

@Suite("Whatever stands where a secret stands is taken out")
struct SecretPatternTests {
    private let redactor = Redactor()

    @Test(
        "and the rest of the text stays",
        arguments: [
            ("o=username=u,password=X,vers=3", "o=username=u,password=***,vers=3"),
            ("PASSWORD=X&y=1", "PASSWORD=***&y=1"), ("db-pass=X y", "db-pass=*** y"),
            ("?token=X&z", "?token=***&z"), ("client_secret=X'", "client_secret=***'"),
            (#"secret="a b",x"#, #"secret="***",x"#), (#"secret="a \"b",x"#, #"secret="***",x"#),
            (#"{\"password\":\"a b\",\"u\":1}"#, #"{\"password\":\"***\",\"u\":1}"#),
            (#"{"password": "a\"b", "u": 1}"#, #"{"password": "***", "u": 1}"#),
            ("map[o:username=u,password=X type:cifs]", "map[o:username=u,password=*** type:cifs]"),
            ("map[password:X user:u]", "map[password:*** user:u]"),
            (
                "o=username%3Du%2Cpassword%3DX%2Cvers%3D3",
                "o=username%3Du%2Cpassword%3D***%2Cvers%3D3"
            ),
            (#"failed: password=X\nnext"#, #"failed: password=***\nnext"#),
            ("Authorization: Basic dXNlcjpwYXNz\nHost: h", "Authorization: ***\nHost: h"),
            (#"{"X-Registry-Auth":"eyJ1c2Vy","a":1}"#, #"{"X-Registry-Auth":"***","a":1}"#),
            ("with Bearer abcdefgh.ijk failed", "with Bearer *** failed"),
            ("nats://nats:X@10.0.0.6:4222", "nats://nats:***@10.0.0.6:4222"),
            ("https://u:p@ss@h/x", "https://u:***@h/x"),
            ("https://u:p/w@h:1/x", "https://u:***@h:1/x"),
            ("HTTPS://u:X@h", "HTTPS://u:***@h"),
            (
                "key -----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----.",
                "key ***-----END RSA PRIVATE KEY-----."
            ),
            ("key -----BEGIN PRIVATE KEY-----\nMIIE", "key ***"),
        ])
    func patterns(text: String, expected: String) {
        #expect(redactor.clean(text) == expected)
        #expect(redactor.clean(expected) == expected, "twice is once")
    }

    @Test(
        "texts without secrets are left as they are",
        arguments: [
            "cannot read token: unexpected end of input", "o=addr=10.0.0.1,rw", "a=b==c",
            "tcp://10.0.0.1:2375/v1.45/x@y", "http://[::1]:80/a@b", "https://user@host/path",
            "password=", "username=u", "-----BEGIN CERTIFICATE-----\nx", "a forbearer of x", "a: b",
            "Docker refused POST /v1.45/containers/vm-1/start with 403: Address already in use",
        ])
    func innocent(text: String) {
        #expect(redactor.clean(text) == text)
    }
}

@Suite("JSON stays JSON when secrets are taken out of it")
struct RedactedJSONTests {
    @Test("whatever the secret is made of")
    func valid() throws {
        for secret in [#"a"b\c/d"#, "ünïcode\u{2028}!", "x\ny\tz\u{1}w", #"\"\\""#, "{}[],:{}"] {
            let redactor = Redactor()
            redactor.learn(secret)
            let inner: JSON = ["got": .string(secret), "list": [.string("<\(secret)>"), 3, .null]]
            let document: JSON = ["error": .string("no: \(inner.text)"), "inner": inner]
            let text = redactor.clean(jsonText: document.text)
            let json = try JSON(parsing: text.utf8)
            #expect(json["inner"]["got"] == "***" && json["inner"]["list"] == ["<***>", 3, .null])
            #expect(json["error"].string?.contains("***") == true)
            let nested = (json["error"].string ?? "").drop { $0 != "{" }
            #expect(try JSON(parsing: nested.utf8)["got"] == "***")
        }
    }

    @Test("a value whose key calls it a secret goes as a whole; numbers and states stay")
    func keys() {
        let redactor = Redactor()
        let json: JSON = [
            "password": "a, b", "secret": "", "token": .null, "state": "done", "n": 5,
            "nested": [["private_key": "k"]], "Authorization": "Basic dXNlcg==",
            "Set-Cookie": "a=b", "X-Registry-Auth": "e30",
        ]
        #expect(
            redactor.clean(json) == [
                "password": "***", "secret": "", "token": .null, "state": "done", "n": 5,
                "nested": [["private_key": "***"]], "Authorization": "***",
                "Set-Cookie": "***", "X-Registry-Auth": "***",
            ])
    }

    @Test("without secrets the text is the same to the byte; what is no JSON is cleaned as text")
    func unchanged() {
        let redactor = Redactor()
        redactor.learn("marker-of-a-secret")
        let text = #"{ "b":1.50, "a":"x\/y" }"#
        #expect(redactor.clean(jsonText: text) == text)
        #expect(redactor.clean(jsonText: "{ marker-of-a-secret") == "{ ***")
    }
}

@Suite("What is shown to people commands no terminal")
struct ShownTextTests {
    @Test("control characters are question marks, but for ends of lines and tabs")
    func controls() {
        #expect(
            Clean.text("VM has /tmp/.wh.\u{1b}]0;x\u{7}\u{9b}2J\r") == "VM has /tmp/.wh.?]0;x??2J?")
        #expect(Clean.text("a\tb\nc é \u{1F600}") == "a\tb\nc é \u{1F600}")
    }
}
