import ArgumentParser
import CPI
import Glibc
import Journal
import Logging

/// Where the journal is: in a file, or where a configuration says.
struct Source: ParsableArguments {
    /// The job's wrapper names its own configuration in the environment.
    private static let installed =
        getenv("DOCKER_CPI_CONFIG").map { String(cString: $0) }
        ?? "/var/vcap/jobs/docker_cpi/config/cpi.json"

    @Option(help: "The CPI's configuration file.")
    var config = Source.installed

    /// Opens the journal for reading; a file given by name needs no configuration.
    func journal(_ path: String?) throws -> Journal {
        do {
            return try Journal(reading: try path ?? directory() + "/" + Journal.fileName)
        } catch let complaint as Complaint {
            throw complaint
        } catch {
            throw Complaint("cannot read the journal: \(error)", ExitCode.journalUnusable)
        }
    }

    /// Throws `Complaint` when it cannot be read.
    func configuration() throws -> Configuration {
        do {
            return try Configuration(path: config)
        } catch {
            throw Complaint("\(error)", .failure)
        }
    }

    private func directory() throws -> String { try configuration().journal.directory }
}

/// An error for stderr and its exit code.
struct Complaint: Error {
    let text: String
    let code: ExitCode

    init(_ text: String, _ code: ExitCode) {
        self.text = text
        self.code = code
    }
}

/// Runs a command's body: complaints go to stderr, stdout is data alone.
func complaining(_ body: () throws -> Void) throws {
    do {
        try body()
    } catch let complaint as Complaint {
        Streams.write("cpi-admin: \(complaint.text)\n", to: 2)
        throw complaint.code
    } catch let error as CPIError {
        Streams.write("cpi-admin: \(error.message)\n", to: 2)
        throw ExitCode.failure
    } catch let error as JournalError {
        Streams.write("cpi-admin: \(error)\n", to: 2)
        switch error {
        case .noOperation, .ambiguous: throw ExitCode.failure
        default: throw ExitCode.journalUnusable
        }
    }
}

extension Logger {
    /// Warnings of the CPI's own code, on stderr.
    static let admin = Logger(
        label: "cpi-admin", factory: { StreamLogHandler.standardError(label: $0) })
}
