import Foundation
import Testing

@testable import CPI

/// The script itself, by this machine's tools, where Docker's disk is a small one. It needs root, for the mount.
@Suite("The copier's script on a disk that gets full", .enabled(if: geteuid() == 0))
struct CopyScriptTests {
    /// What it came to.
    private struct Run {
        let code: Int32
        /// Its report, or why it failed.
        let said: String
        /// How many entries the target has.
        let copied: Int
        /// It has said that the source may be written to.
        let letsGo: Bool
    }

    /// Runs it on 2 MiB in one file and 200 small files, with a ballast that leaves `room` (KiB) of 4 MiB; then `next`,
    /// where `$0` is the script.
    private func run(room: Int, _ script: String, next: String = "") throws -> Run {
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
            \(next)
            find to -mindepth 1 | wc -l; ls work | grep -c '^copied$'
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
        let lines = String(decoding: said, as: UTF8.self)
            .split(separator: "\n", maxSplits: 2, omittingEmptySubsequences: false)
        return Run(
            code: process.terminationStatus, said: String(lines.last ?? ""),
            copied: Int(lines.first ?? "") ?? -1, letsGo: lines.dropFirst().first == "1")
    }

    @Test("with room for all of it the copy is whole")
    func whole() throws {
        let run = try run(room: 4_000, CopyScript.text)
        #expect(run.code == 0 && run.said.hasPrefix("entries=202 changed=0 bytes="), "\(run)")
        #expect(run.copied == 201 && run.letsGo)
    }

    @Test("started again it does nothing: what it has filled may be in use by then")
    func again() throws {
        let next =
            "echo mine >to/mine; echo mine >to/1; sh -c \"$0\" && code=99; cat to/1 >work/report"
        let run = try run(room: 4_000, CopyScript.text, next: next)
        #expect(run.code == 0 && run.copied == 202 && run.said == "mine\n", "\(run)")
    }

    @Test(
        "what fails for another reason than want of room lets the VM run first; nothing is left of it"
    )
    func failed() throws {
        let step = #"cp -a --preserve=xattr --reflink=auto "$from/." "$to/""#
        try #require(CopyScript.text.contains(step))
        let text = CopyScript.text.replacing(
            step, with: "{ \(step); echo no such xattr >&2; false; }")
        let run = try run(room: 4_000, text)
        #expect(run.code == 1 && run.said.hasPrefix("no such xattr\n"), "\(run)")
        #expect(run.copied == 0 && run.letsGo)
    }

    @Test("what the host cannot write to its disk is no copy, however well it compares")
    func unwritten() throws {
        let step = "sync --file-system"
        try #require(CopyScript.text.contains(step + " \"$to\""))
        let broken = "(echo input/output error >&2; exit 1)"
        let text = CopyScript.text.replacing(step + " \"$to\"", with: broken)
        let run = try run(room: 4_000, text)
        #expect(run.code == 1 && run.copied == 0, "\(run)")
        #expect(
            run.said.hasPrefix(
                "the copy cannot be written to the host's disk: input/output error\n"))
    }

    @Test("a disk that is full is no copy, and it is said", arguments: [0, 40, 400, 2_000])
    func full(room: Int) throws {
        let run = try run(room: room, CopyScript.text)
        #expect(run.code == 1, "\(run)")
        #expect(
            run.said.contains("No space left on device") || run.said.contains("disk full?"),
            "\(run)")
        #expect(run.copied == 0 && !run.letsGo, "\(run)")
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
        let run = try run(room: room, text)
        #expect(run.code == 1 || run.said == "entries=202 changed=0 bytes=2097844\n", "\(run)")
        #expect(room > 2_720 || run.code == 1, "\(run)")
    }
}
