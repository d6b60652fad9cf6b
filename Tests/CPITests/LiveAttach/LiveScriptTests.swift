import Foundation
import Testing

@testable import CPI
@testable import Support

/// The script that runs in the VM, with stand-ins for what needs a disk: what it decides is its own.
@Suite("The script in the VM")
struct LiveScriptTests {
    let directory: TemporaryDirectory
    let list: URL
    /// In place of the VM's own /dev.
    let locks: String

    init() throws {
        directory = try TemporaryDirectory()
        locks = directory.path + "/dev"
        try FileManager.default.createDirectory(atPath: locks, withIntermediateDirectories: true)
        list = URL(fileURLWithPath: directory.path).appendingPathComponent("disk-1")
        try Data().write(to: list)
    }

    /// Runs live_detach of disk-1, which is mounted at its hint, with `standIns` in place of commands.
    private func detach(_ standIns: String, number: Int = 0) throws
        -> (status: Int32, output: String)
    {
        let mounted = """
            live_places() { live_places= live_order=; }
            live_look() { live_at=1; }
            live_users_elsewhere() { :; }
            live_mount() { echo "mounted again"; }

            """
        return try run(LiveScript.detach, "live_detach", mounted + standIns, number: number)
    }

    private func run(
        _ text: String, _ function: String, _ standIns: String, _ mode: LiveScript.Mode = .do,
        number: Int = 0
    ) throws -> (status: Int32, output: String) {
        try run(
            text, "live_alone \(function) \"$@\"\n", standIns, [mode.rawValue, "\(number)"])
    }

    /// What ends the text is `call`; it comes after the stand-ins.
    private func run(_ text: String, _ call: String, _ standIns: String, _ arguments: [String])
        throws -> (status: Int32, output: String)
    {
        #expect(text.hasSuffix(call))
        let found = "live_find() { live_volumes=/volumes; live_number=8:1; }\n"
        let script = text.dropLast(call.count) + found + standIns + "\n" + call
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        let apart = script.replacingOccurrences(of: LiveScript.list, with: directory.path)
            .replacingOccurrences(of: "/dev/docker_cpi", with: locks + "/docker_cpi")
        process.arguments = ["-c", apart, "sh", "disk-1", "op1"] + arguments
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    private var isListed: Bool { FileManager.default.fileExists(atPath: list.path) }

    @Test("a disk that can be unmounted is taken from the list")
    func free() throws {
        let result = try detach("umount() { :; }")
        #expect(result.status == 0, "\(result.output)")
        #expect(!isListed)
    }

    @Test("a disk that is in use stays mounted and on the list, and its user is named")
    func inUse() throws {
        let result = try detach("umount() { return 1; }\nlive_users() { echo 'process 7 (job)'; }")
        #expect(result.status == 1)
        #expect(result.output == "mounted again\nprocess 7 (job)\n")
        #expect(isListed)
    }

    @Test("a disk in use by a process with mounts of its own is mounted again, and on the list")
    func inUseElsewhere() throws {
        let result = try detach(
            "umount() { :; }\nlive_users_elsewhere() { echo 'process 9 (bpm)'; }")
        #expect(result.status == 1)
        #expect(result.output == "mounted again\nprocess 9 (bpm)\n")
        #expect(isListed)
    }

    private var places: String { locks + "/docker_cpi.disk-1.places" }

    @Test("what a killed detach had unmounted is mounted again where it was, and nothing twice")
    func killedInTheMiddle() throws {
        let lines =
            "/data\\040store /volumes/disk-1/_data/part ro\n/store /volumes/disk-1/_data rw\n"
        let killed = try detach(
            """
            live_places() { live_places='/store /volumes/disk-1/_data rw'; live_order='\(lines)'; }
            umount() { kill -9 $$; }
            """)
        #expect(killed.status == 9)
        #expect(try String(contentsOfFile: places, encoding: .utf8) == lines)
        #expect(isListed)
        let again = try run(
            LiveScript.attach, "live_attach",
            """
            live_mount() { hint=/hint volume=/volumes/disk-1/_data; }
            live_look() { live_at= place= root= number=; [ "$1" != /store ] || live_at='8:1 /volumes/disk-1/_data'; }
            mount() { echo "mount $*"; }
            """)
        #expect(again.status == 0)
        #expect(
            again.output == """
                mount --bind /hint/part /data store
                mount -o remount,bind,ro /data store

                """)
        #expect(!FileManager.default.fileExists(atPath: places))
    }

    @Test("a place that somebody has removed meanwhile is made again")
    func removedPlace() throws {
        let disk = directory.path + "/disk"
        try FileManager.default.createDirectory(
            atPath: disk + "/part", withIntermediateDirectories: true)
        let place = directory.path + "/store/of a job"
        try "\(place.replacingOccurrences(of: " ", with: "\\040")) /volumes/disk-1/_data/part rw\n"
            .write(toFile: places, atomically: true, encoding: .utf8)
        let again = try run(
            LiveScript.attach, "live_attach",
            """
            live_mount() { hint='\(disk)' volume=/volumes/disk-1/_data; }
            live_look() { live_at=; }
            mount() { [ -d "$3" ] && echo "mount $*"; }
            """)
        #expect(again.status == 0, "\(again.output)")
        #expect(again.output == "mount --bind \(disk)/part \(place)\n")
        #expect(!FileManager.default.fileExists(atPath: places))
    }

    @Test("a detach that comes to its end leaves no list of places")
    func noPlacesLeft() throws {
        let result = try detach(
            "live_places() { live_places='/s /volumes/disk-1/_data rw'; live_order=$live_places; }\n"
                + "umount() { :; }")
        #expect(result.status == 0, "\(result.output)")
        #expect(!isListed && !FileManager.default.fileExists(atPath: places))
    }

    @Test("a script that Docker starts after its operation was taken back does nothing")
    func late() throws {
        let back = try run(
            LiveScript.attach, "live_attach", "live_mount() { hint=/h volume=/v; }", .undo)
        #expect(back.status == 0, "\(back.output)")
        let late = try detach("umount() { echo unmounted; }")
        #expect(late.status == 1 && late.output == "operation op1 was settled meanwhile\n")
        #expect(isListed && !FileManager.default.fileExists(atPath: lock))
    }

    @Test(
        "each settling ends all scripts that were sent before, also those of a settling that died")
    func settled() throws {
        func settle() throws -> String {
            let result = try run(LiveScript.settle, "live_settle \"$@\"\n", "", [])
            #expect(result.status == 0 && !FileManager.default.fileExists(atPath: lock))
            return result.output
        }
        #expect(try settle() == "1\n")
        #expect(try settle() == "2\n")
        for number in 0...1 {
            let late = try detach("umount() { echo unmounted; }", number: number)
            #expect(late.status == 1 && late.output == "operation op1 was settled meanwhile\n")
        }
        #expect(isListed)
        let now = try detach("umount() { :; }", number: 2)
        #expect(now.status == 0 && !isListed)
    }

    private var lock: String { locks + "/docker_cpi.disk-1.lock" }

    /// How a lock names a process that is gone: no process has this number.
    private let dead = "4194305:1"
    /// How a lock names this process, which lives.
    private var living: String {
        get throws {
            let fields = try String(contentsOfFile: "/proc/self/stat", encoding: .utf8)
                .split(separator: ")").last?.split(separator: " ")
            return "\(getpid()):\(try #require(fields.flatMap { $0.count > 19 ? $0[19] : nil }))"
        }
    }
    private var locksLeft: [String] {
        get throws {
            try FileManager.default.contentsOfDirectory(atPath: locks).filter {
                $0.contains(".lock")
            }
        }
    }

    @Test("a lock that a killed script has left is in nobody's way, and goes")
    func leftLock() throws {
        symlink(dead, lock)
        let result = try detach("umount() { :; }")
        #expect(result.status == 0, "\(result.output)")
        #expect(!isListed)
        #expect(try locksLeft.isEmpty)
    }

    @Test("so is one whose removal was killed in the middle as well, and that one's")
    func leftWhileRemoved() throws {
        symlink(dead, lock)
        symlink("4194306:1", "\(lock).\(dead)")
        symlink("4194307:1", "\(lock).\(dead).4194306:1")
        let result = try detach("umount() { :; }")
        #expect(result.status == 0, "\(result.output)")
        #expect(!isListed)
        #expect(try locksLeft.isEmpty)
    }

    @Test(
        "while another script is at work on the disk nothing is done, and after a while that is said"
    )
    func held() throws {
        symlink(try living, lock)
        let result = try detach("umount() { echo unmounted; }\nsleep() { :; }")
        #expect(result.status == 1)
        #expect(result.output.hasPrefix("another call is at work on the disk"), "\(result.output)")
        #expect(isListed)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: lock) == living)
    }

    @Test("the lock of a process whose pid another one has by now is that of a dead one")
    func usedAgain() throws {
        symlink("\(getpid()):1", lock)
        #expect(try detach("umount() { :; }").status == 0)
        #expect(try locksLeft.isEmpty)
    }

    @Test("of two that see a dead script's lock the second leaves the lock of the first alone")
    func seenDeadByTwo() throws {
        symlink(try living, lock)
        let result = try detach(
            """
            readlink() {
              [ -e "$1.seen" ] && command readlink "$1" && return
              : >"$1.seen"
              echo \(dead)
            }
            sleep() { echo "held by $(command readlink "$live_lock")"; rm -f "$live_lock"; }
            umount() { :; }
            """)
        #expect(result.status == 0)
        #expect(result.output == "held by \(try living)\n")
        #expect(!FileManager.default.fileExists(atPath: "\(lock).\(dead)"))
    }
}
