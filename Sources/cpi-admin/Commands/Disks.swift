import ArgumentParser
import CPI
import Engine

struct Disks: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists the persistent disks: size, who has them, snapshots. Changes nothing.",
        discussion: """
            A size is a limit where Docker has project quotas or the disk is a tmpfs; else it is no more \
            than a label, and the disk can grow until its file system is full.
            """)

    @OptionGroup var source: Source
    @Flag(help: "Say what each disk holds. Docker reads all files of all volumes for it.")
    var usage = false
    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        try complaining {
            let recovery = try OperatorRecovery.open(source, needsJournal: false)
            let disks: [DiskReport]
            do {
                disks = try recovery.disks(usage: usage)
            } catch let error as EngineError {
                throw Complaint("\(error)", ExitCode.dockerUnreachable)
            }
            print(json ? document(disks) : table(disks))
        }
    }

    private func table(_ disks: [DiskReport]) -> String {
        guard !disks.isEmpty else { return "no disks" }
        let title = ["DISK", "SIZE", "LIMIT", "USED", "KIND", "ATTACHED TO", "SNAPSHOTS"]
        return Terminal.table(
            [title]
                + disks.map { disk in
                    [
                        Terminal.shorten(disk.disk), "\(disk.sizeMiB) MiB",
                        disk.isEnforced ? "enforced" : "label only",
                        disk.usedBytes.map { "\(($0 + 1_048_575) >> 20) MiB" } ?? "-", disk.kind,
                        words(disk.holders), words(disk.snapshots),
                    ]
                })
    }

    private func words(_ names: [String]) -> String {
        names.isEmpty ? "-" : names.map(Terminal.shorten).joined(separator: " ")
    }

    private func document(_ disks: [DiskReport]) -> String {
        let list = disks.map { disk -> JSON in
            [
                "disk": .string(disk.disk), "size_mib": .integer(Int64(disk.sizeMiB)),
                "enforced": .bool(disk.isEnforced),
                "used_bytes": disk.usedBytes.map { .integer(Int64($0)) } ?? .null,
                "kind": .string(disk.kind), "attached_to": JSON(disk.holders),
                "snapshots": JSON(disk.snapshots),
            ]
        }
        return (["schema": 1, "disks": .array(list)] as JSON).text
    }
}
