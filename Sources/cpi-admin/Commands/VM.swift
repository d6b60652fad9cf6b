import ArgumentParser
import CPI
import Journal

struct VM: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vm", abstract: "Shows one VM on a page; its logs, and its files.",
        discussion: """
            --logs and --files work on a stopped VM as well, for they ask Docker and not the VM. What \
            is a secret in a text is shown as ***.

            Examples:
              cpi-admin vm vm-1a2b --logs 100
              cpi-admin vm vm-1a2b --files /var/vcap/monit/monit.log > monit.log
            """)

    @OptionGroup var source: Source
    @Argument(help: "The VM's CID, or the beginning of it.")
    var cid: String
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Show the last lines of its logs.", valueName: "lines"))
    var logs: Int?
    @Option(
        help: ArgumentHelp("Write the file at this path in the VM to stdout.", valueName: "path"))
    var files: String?
    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard logs == nil || files == nil else {
            throw ValidationError("--logs and --files exclude each other")
        }
        guard !json || (logs == nil && files == nil) else {
            throw ValidationError("--json is for the page, not for --logs and --files")
        }
        guard logs ?? 1 > 0 else {
            throw ValidationError("--logs must be a whole number from 1: not \(logs ?? 0)")
        }
        guard files?.hasPrefix("/") ?? true else {
            throw ValidationError("--files wants an absolute path")
        }
    }

    func run() throws {
        try complaining {
            let recovery = try source.recovery(needsJournal: false)
            // Docker may know a VM that the journal does not, and the other way round.
            let known =
                try recovery.inspection.vmNames()
                + source.withJournal { try $0?.cids(.vm, like: self.cid) ?? [] }
            let cid = try CIDPattern.one(self.cid, of: known) ?? self.cid
            if let files {
                let bytes = try recovery.inspection.file(ofVM: cid, path: files)
                guard Streams.write(bytes, to: 1) else { throw ExitCode.failure }
            } else if let logs {
                print(LogText.text(try recovery.inspection.logs(ofVM: cid, lines: logs)))
            } else {
                let report = try recovery.inspection.report(onVM: cid)
                let page = try source.withJournal { try VMPage(report, $0) }
                print(json ? page.json.text : page.text)
            }
        }
    }
}
