import Foundation
import Testing

@testable import CPI
@testable import Support

@Suite("The scripts inside a VM do what they say, with a real shell")
struct EntryScriptTests {
    let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        for path in ["var/vcap/bosh/bin", "bin", "warden-cpi-dev"] {
            try FileManager.default.createDirectory(
                atPath: directory.path + "/" + path, withIntermediateDirectories: true)
        }
    }

    /// Runs a script whose absolute paths lead into the test's directory, with `mount` recorded.
    private func run(_ script: String, mountinfo: String, arguments: [String] = []) throws -> String
    {
        let root = directory.path
        _ = try directory.write("mountinfo", Array(mountinfo.utf8))
        for name in ["mount", "umount"] {
            let file = try directory.write(
                "bin/\(name)", Array("#!/bin/sh\necho \(name) \"$@\"\n".utf8))
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
        }
        let moved = script.replacing("/proc/self/mountinfo", with: root + "/mountinfo")
            .replacing("/var/vcap", with: root + "/var/vcap")
            .replacing("/usr/bin/mount /bin/mount", with: root + "/bin/mount")
            .replacing(#/exec (env|\/sbin\/init).*/#, with: "exit 0")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", moved, "sh"] + arguments
        process.environment = ["PATH": root + "/bin:/usr/bin:/bin"]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: output, as: UTF8.self)
    }

    /// The part of the entry script that is about the store; the rest would change this machine.
    private func restore(_ mountinfo: String) throws -> String {
        try run(
            EntryScript.restoreStore(directory.path + "/settings"), mountinfo: mountinfo)
    }

    private var last: String? {
        FileManager.default.contents(
            atPath: directory.path + "/var/vcap/bosh/managed_disk_settings.json"
        )
        .map { String(decoding: $0, as: UTF8.self) }
    }

    private func setLast(_ disk: String, hints: String? = nil) throws {
        _ = try directory.write("var/vcap/bosh/managed_disk_settings.json", Array(disk.utf8))
        if let hints {
            _ = try directory.write("var/vcap/bosh/persistent_disk_hints.json", Array(hints.utf8))
        }
    }

    private let mounted =
        "31 1 8:1 /volumes/disk-1/_data /warden-cpi-dev/disk-1 rw - ext4 /dev/sda1 rw\n"

    @Test("each whole script is one that a shell can read", arguments: [true, false])
    func syntax(systemd: Bool) throws {
        let text = EntryScript.text(
            systemd: systemd, settings: "/it's here", gateways: ["10.0.0.1", "fd00::1"])
        for script in [text, EntryScript.mountWrapper] {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments = ["-n", "-c", script]
            try process.run()
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
        }
        #expect(text.contains("'/it'\\''s here'"))
        #expect(text.contains("exec /sbin/init"))
        #expect(text.contains("runsvdir-start") == !systemd)
    }

    @Test("the last disk is mounted at the store again, if it is there and still known")
    func restores() throws {
        try setLast("disk-1", hints: #"{"disk-1":"/warden-cpi-dev/disk-1"}"#)
        #expect(
            try restore(mounted)
                == "mount --bind /warden-cpi-dev/disk-1 \(directory.path)/var/vcap/store\n")
        #expect(last == "disk-1")
    }

    @Test("a store that is mounted already is left alone")
    func alreadyThere() throws {
        try setLast("disk-1", hints: #"{"disk-1":"x"}"#)
        let store =
            "32 1 8:1 /volumes/disk-1/_data \(directory.path)/var/vcap/store rw - ext4 /dev/sda1 rw\n"
        #expect(try restore(mounted + store) == "")
    }

    @Test("a last disk that nobody knows any more is forgotten, or the agent would not boot")
    func forgets() throws {
        try setLast("disk-1", hints: "{}")
        #expect(try restore("") == "")
        #expect(last == "")
    }

    @Test("the last disk of an agent whose own words were on a tmpfs is mounted, and not forgotten")
    func settingsOnTmpfs() throws {
        _ = try directory.write(
            "settings", Array(#"{"env":{"bosh":{"agent":{"settings":{"tmpfs":true}}}}}"#.utf8))
        try setLast("disk-1")
        #expect(try restore(mounted).hasPrefix("mount --bind /warden-cpi-dev/disk-1 "))
        #expect(last == "disk-1")
    }

    @Test("a known disk whose name only begins alike is another disk")
    func otherDisk() throws {
        try setLast("disk-1", hints: #"{"disk-12":"/warden-cpi-dev/disk-12"}"#)
        _ = try restore("")
        #expect(last == "")
    }

    @Test(
        "nothing is done about no last disk, or a text that is no CID",
        arguments: ["", "../../etc", "a b", "/dev/sda"])
    func noDisk(text: String) throws {
        try setLast(text, hints: "{}")
        #expect(try restore(mounted) == "")
        #expect(last == text)
    }

    @Test(
        "mount without arguments tells a disk's bind by its hint path, and everything else as it is"
    )
    func listing() throws {
        let info = """
            20 1 0:50 / / rw,relatime - overlay overlay rw
            30 20 8:1 /volumes/vm-1-ephemeral/_data /var/data rw,relatime - ext4 /dev/sda1 rw
            31 20 8:1 /volumes/disk-1/_data /warden-cpi-dev/disk-1 rw - ext4 /dev/sda1 rw
            32 20 8:1 /volumes/disk-1/_data /store rw shared:5 master:2 - ext4 /dev/sda1 rw

            """
        #expect(
            try run(EntryScript.mountWrapper, mountinfo: info) == """
                overlay on / type overlay (rw,relatime)
                /dev/sda1 on /var/data type ext4 (rw,relatime)
                /dev/sda1 on /warden-cpi-dev/disk-1 type ext4 (rw)
                /warden-cpi-dev/disk-1 on /store type ext4 (rw)

                """)
    }

    @Test("mount with arguments is the real one")
    func passedOn() throws {
        let output = try run(
            EntryScript.mountWrapper, mountinfo: "", arguments: ["--bind", "/a b", "/c"])
        #expect(output == "mount --bind /a b /c\n")
    }
}
