import Testing

@testable import Engine
@testable import Support

@Suite("Archives of one file are what tar makes of them")
struct TarTests {
    @Test("a file goes in and comes out whole", arguments: [0, 1, 511, 512, 513, 100_000])
    func roundTrip(size: Int) {
        let content = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
        let archive = Tar.archive([Tar.File(path: "/var/vcap/bosh/x.json", content: content)])
        #expect(archive.count % 512 == 0)
        #expect(Tar.firstEntry(in: archive) == .file(content))
        #expect(FakeTar.files(in: archive) == ["/var/vcap/bosh/x.json": content])
    }

    @Test("several files in one archive, each with its mode")
    func several() {
        let archive = Tar.archive([
            Tar.File(path: "/a", content: [1]),
            Tar.File(path: "/b", content: [UInt8](repeating: 2, count: 600), mode: 0o755),
        ])
        #expect(
            FakeTar.files(in: archive) == ["/a": [1], "/b": [UInt8](repeating: 2, count: 600)])
        #expect(archive[100..<107].elementsEqual("0000600".utf8))
        #expect(archive[(1_024 + 100)..<(1_024 + 107)].elementsEqual("0000755".utf8))
    }

    @Test("cut off anywhere inside its content, it is no file")
    func truncated() {
        let content = [UInt8](repeating: 1, count: 700)
        let archive = Tar.archive([Tar.File(path: "/a", content: content)])
        for length in 0..<(512 + 700) {
            #expect(Tar.firstEntry(in: Array(archive[..<length])) == nil)
        }
        #expect(Tar.firstEntry(in: []) == nil)
        #expect(Tar.firstEntry(in: [UInt8](repeating: 0, count: 1_024)) == nil)
    }

    @Test(
        "a pipe, a socket or a device is no file, and its archive is not cut off",
        arguments: "346".utf8)
    func special(type: UInt8) {
        var archive = FakeTar.archive(["pipe": []])
        archive[156] = type
        #expect(Tar.firstEntry(in: archive) == .special)
    }

    @Test("the archive of a directory is that, whatever files are in it")
    func directory() {
        var directory = FakeTar.archive(["d": []]).prefix(512).map { $0 }
        directory[156] = UInt8(ascii: "5")
        let archive = directory + FakeTar.archive(["d/f": [1, 2]])
        #expect(Tar.firstEntry(in: archive) == .directory)
        #expect(Tar.firstEntry(in: directory + [UInt8](repeating: 0, count: 1_024)) == .directory)
    }

    @Test("mode and magic are in the header, and the checksum is right")
    func header() {
        let archive = Tar.archive([Tar.File(path: "/x", content: [1], mode: 0o755)])
        #expect(archive[100..<107].elementsEqual("0000755".utf8))
        #expect(archive[257..<262].elementsEqual("ustar".utf8))
        let sum = archive[..<512].enumerated().reduce(0) {
            $0 + ((148..<156).contains($1.offset) ? 32 : Int($1.element))
        }
        #expect(Int(String(decoding: archive[148..<154], as: UTF8.self), radix: 8) == sum)
    }
}

@Suite("Frames of stdout and stderr are told apart")
struct ExecStreamsTests {
    private func frame(_ kind: UInt8, _ text: String) -> [UInt8] {
        [kind, 0, 0, 0, 0, 0, UInt8(text.utf8.count >> 8), UInt8(text.utf8.count & 255)]
            + Array(text.utf8)
    }

    @Test("what a command says has no control characters, neither of seven bits nor of eight")
    func controls() {
        #expect(ExecResult.words("a\u{9b}31m\u{7f}\u{1b}[2Jé\tb\nc") == "a?31m??[2Jé?b; c")
    }

    @Test("each text goes to its own side, in order")
    func frames() throws {
        let long = String(repeating: "x", count: 300)
        let streams = try #require(
            ExecStreams(frame(1, "one ") + frame(2, "err") + frame(1, long) + frame(1, "")))
        #expect(streams.output == "one " + long)
        #expect(streams.errors == "err")
        #expect(ExecStreams([])?.output == "")
    }

    @Test("a character that two frames share is whole")
    func splitCharacter() throws {
        let bytes = Array("é".utf8)
        let streams = try #require(
            ExecStreams([1, 0, 0, 0, 0, 0, 0, 1, bytes[0], 1, 0, 0, 0, 0, 0, 0, 1, bytes[1]]))
        #expect(streams.output == "é")
    }

    @Test("cut off anywhere, it is not taken for whole")
    func truncated() {
        let bytes = frame(1, "hello") + frame(2, "world")
        for length in 1..<bytes.count where length != 13 {
            #expect(ExecStreams(Array(bytes[..<length])) == nil, "cut at \(length)")
        }
    }
}
