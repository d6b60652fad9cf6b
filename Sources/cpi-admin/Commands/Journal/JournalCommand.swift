import ArgumentParser

struct JournalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal",
        abstract: "Shows what the CPI was asked to do, and what became of it.",
        discussion: """
            Without a subcommand it is 'journal list'; for its options: cpi-admin journal list --help

            Examples:
              cpi-admin journal --open                  what is not settled
              cpi-admin journal --failed --since 2h     what went wrong lately
              cpi-admin journal show last:attach_disk   one operation, what Docker says, what to do
              cpi-admin journal timeline --vm vm-1a2b   all that touched a VM
            """,
        subcommands: [
            JournalList.self, JournalShow.self, JournalTimeline.self, JournalTail.self,
            JournalStats.self, JournalVerify.self, JournalPrune.self, JournalExport.self,
            JournalImport.self, JournalReport.self,
        ], defaultSubcommand: JournalList.self)
}
