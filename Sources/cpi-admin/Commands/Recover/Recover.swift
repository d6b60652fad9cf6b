import ArgumentParser

struct Recover: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Settles operations whose process died: shows what it would do, asks, and does it.",
        discussion: """
            On a terminal it shows the plan of each operation and asks. In a pipe it shows only, and \
            ends with exit code 2 when something is open; --yes does it without a question. It may be \
            interrupted anywhere, and run again. For its options: cpi-admin recover run --help

            Examples:
              cpi-admin recover                    all that is open
              cpi-admin recover 1m84tk --dry-run   one operation: what would be done, and why
              cpi-admin recover --vm vm-1a2b --yes
              cpi-admin recover park 1m84tk --reason "the vendor looks at it"
              cpi-admin recover resolve 1m84tk --as failed --reason "made anew by hand"
            """,
        subcommands: [RecoverRun.self, RecoverPark.self, RecoverResolve.self],
        defaultSubcommand: RecoverRun.self)
}
