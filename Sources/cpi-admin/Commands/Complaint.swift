import ArgumentParser
import CPI
import Engine
import Journal
import Logging

/// An error for stderr and its exit code.
struct Complaint: Error, CustomStringConvertible {
    let text: String
    let code: ExitCode

    var description: String { text }

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
        throw say(complaint.text, complaint.code)
    } catch let error as CPIError {
        throw say(error.message, .failure)
    } catch let error as EngineError {
        throw say("\(error)", .of(error))
    } catch let error as JournalError {
        switch error {
        case .noOperation, .ambiguous: throw say("\(error)", .failure)
        case .notEmpty: throw say("\(error)", .journalUnusable)
        default:
            let trouble = JournalTrouble(error)
            throw say("\(trouble.words); \(trouble.advice)", .journalUnusable)
        }
    } catch let error where !(error is ExitCode || error is ValidationError || error is CleanExit) {
        throw say("\(error)", .failure)
    }
}

private func say(_ text: String, _ code: ExitCode) -> ExitCode {
    Streams.write("cpi-admin: \(Invocation.complete(Clean.text(text)))\n", to: 2)
    return code
}

extension Logger {
    /// Warnings of the CPI's own code, on stderr.
    static let admin = Logger(
        label: "cpi-admin", factory: { StreamLogHandler.standardError(label: $0) })
}
