import ArgumentParser
import CPI
import Engine
// `stdout` is a variable there.
@preconcurrency import Glibc

/// The operator's tool: what happened, and finishing what did not.
@main
struct Admin: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cpi-admin",
        abstract: "Reads the journal of the Docker CPI and settles interrupted operations.",
        discussion: """
            A deploy failed? In this order:
              cpi-admin journal --failed --since 2h    what went wrong
              cpi-admin journal show ID                what happened, what is true now, what to do
              cpi-admin recover                        what is not settled, and settling it
              cpi-admin vm CID                         one VM on a page

            Exit codes: 0 clean, 1 error, 2 open operations exist, 3 a person is needed, \
            4 the owner is alive, 5 journal unusable, 6 Docker unreachable, 64 wrong usage.
            """,
        version: Version.text,
        subcommands: [
            JournalCommand.self, Recover.self, VM.self, Orphans.self, Disks.self, Doctor.self,
        ])
}

extension Admin {
    static func main() {
        Streams.fillGaps()
        signal(SIGXFSZ, SIG_IGN)  // a limit of file sizes (ulimit -f) is a full disk, and no end
        do {
            var command = try parseAsRoot()
            try command.run()
            flush()
        } catch {
            flush()
            Terminal.widenForHelp()
            let words = CommandLine.arguments.dropFirst().prefix { !$0.hasPrefix("-") }
            if exitCode(for: error) == .validationFailure, let word = Suggestion.of(Array(words)) {
                Streams.write("Did you mean '\(word)'?\n", to: 2)
            }
            exit(withError: error)
        }
    }
}

extension Admin {
    /// Whether stdout is a pipe that nobody reads any more.
    private static var hasNoReader: Bool {
        var output = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
        return poll(&output, 1, 0) > 0 && output.revents & Int16(POLLERR) != 0
    }

    /// What was printed and cannot be written is an error, but for a reader that has had enough.
    private static func flush() {
        let (isLost, why) = (fflush(nil) != 0, errno)
        guard isLost || ferror(stdout) != 0, !(isLost && why == EPIPE), !hasNoReader else { return }
        Streams.write(
            "cpi-admin: the output cannot be written: \(isLost ? String(cString: strerror(why)) : "is its disk full?")\n",
            to: 2)
        exit(withError: ExitCode.failure)
    }
}

/// What an exit code tells a script.
extension ExitCode {
    static let openOperations = ExitCode(2)
    static let personNeeded = ExitCode(3)
    static let ownerAlive = ExitCode(4)
    static let journalUnusable = ExitCode(5)
    static let dockerUnreachable = ExitCode(6)

    static func of(_ error: EngineError) -> ExitCode {
        error.isDockersAnswer ? .failure : .dockerUnreachable
    }
}
