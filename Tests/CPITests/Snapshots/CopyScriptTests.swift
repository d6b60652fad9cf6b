import Foundation
import Testing

@testable import CPI

/// The script itself, by this machine's tools, where Docker's disk is a small one. It needs root, for the mount.
@Suite("The copier's script on a disk that gets full", .enabled(if: geteuid() == 0))
struct CopyScriptTests {
    /// Runs it on 2 MiB in one file and 200 small files, with a ballast that leaves `room` (KiB) of 4 MiB. Returns its
    /// exit code and what it said.
    private func run(room: Int, _ script: String) throws -> (code: Int32, said: String) {
        let directory = NSTemporaryDirectory() + "cpi-copy-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let places = [
            (CopyScript.from, "/from"), (CopyScript.to, "/disk/to"),
            (CopyScript.directory, "/disk/work"),
        ]
        let script = places.reduce(script) {
            $0.replacing("=\($1.0)", with: "=\(directory)\($1.1)")
        }
        let frame = """
            cd \(directory) && mkdir from disk && mount -t tmpfs -o size=4m tmpfs disk && cd disk && mkdir to work
            head -c 2097152 /dev/urandom >../from/big
            for i in $(seq 200); do echo $i >../from/$i; done
            head -c $(((4096 - 60 - \(room)) * 1024)) /dev/zero >ballast
            touch work/go
            sh -c "$0" 2>/dev/null; code=$?
            cat work/report work/failed 2>/dev/null; exit $code
            """
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
        process.arguments = ["--mount", "sh", "-c", frame, script]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let said = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: said, as: UTF8.self))
    }

    @Test("with room for all of it the copy is whole")
    func whole() throws {
        let (code, said) = try run(room: 4_000, CopyScript.text)
        #expect(code == 0 && said.hasPrefix("entries=202 changed=0 bytes="), "\(code) \(said)")
    }

    @Test("what the host cannot write to its disk is no copy, however well it compares")
    func unwritten() throws {
        let step = "sync --file-system"
        try #require(CopyScript.text.contains(step + " $to"))
        let broken = "(echo input/output error >&2; exit 1)"
        let text = CopyScript.text.replacing(step + " $to", with: broken)
        let (code, said) = try run(room: 4_000, text)
        #expect(code == 1, "\(code) \(said)")
        #expect(
            said.hasPrefix("the copy cannot be written to the host's disk: input/output error\n"))
    }

    @Test("a disk that is full is no copy, and it is said", arguments: [0, 40, 400, 2_000])
    func full(room: Int) throws {
        let (code, said) = try run(room: room, CopyScript.text)
        #expect(code == 1, "\(code) \(said)")
        #expect(said.contains("No space left on device") || said.contains("disk full?"), "\(said)")
    }

    /// Then the lists that the copy is compared by are empty or cut off, and what is written after them is not. With some
    /// room there is enough for the copy, and not for the lists; with more for all of it.
    @Test(
        "one that is full while it copies, and has room again after it, has no copy or all of it",
        arguments: [400] + Array(stride(from: 2_720, through: 2_880, by: 8)))
    func fullForAWhile(room: Int) throws {
        let step = "shuf -z -n 128"
        try #require(CopyScript.text.contains(step))
        let text = CopyScript.text.replacing(step, with: "rm -f ../ballast; \(step)")
        let (code, said) = try run(room: room, text)
        #expect(code == 1 || said == "entries=202 changed=0 bytes=2097844\n", "\(code) \(said)")
        #expect(room > 2_720 || code == 1, "\(said)")
    }
}
