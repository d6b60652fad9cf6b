import ArgumentParser
import CPI
import Engine

struct Disks: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists the persistent disks: size, who has them, snapshots. Changes nothing.",
        discussion: """
            A size is a limit where Docker has project quotas or the disk is a tmpfs; else it is no more \
            than a label, and the disk can grow until its file system is full. Since when a disk is \
            detached is what the journal knows of it: "unknown, after TIME" (on a terminal "<2h", less \
            than two hours) is one that no call has detached since it was attached then.
            """)

    @OptionGroup var source: Source
    @OptionGroup var output: Output
    @Flag(help: "Show how much each disk holds (slow: Docker reads every file).")
    var usage = false

    func run() throws {
        try complaining {
            let recovery = try source.recovery(needsJournal: false)
            let disks = try recovery.inspection.disks(usage: usage)
            let detached = try source.withJournal { journal in
                try disks.map { disk in
                    let isFree = disk.holders.isEmpty && disk.unseen == nil
                    return isFree ? try journal?.detached(disk.disk) : nil
                }
            }
            output.print(Listing(zip(disks, detached).map { ($0, $1) }))
        }
    }
}
