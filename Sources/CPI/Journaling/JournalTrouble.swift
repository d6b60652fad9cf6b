import Glibc
import Journal

/// Why a journal cannot be read, and what an operator does about it: a sentence each.
public struct JournalTrouble: Sendable {
    public let words: String
    public let advice: String

    /// What a call says that has met the error.
    static func goingOn(_ error: any Error) -> String {
        "the journal cannot be used, the call goes on without it: \(error)"
    }

    /// `path`: the journal's file, where it is known.
    public init(_ error: JournalError, _ path: String = Journal.fileName) {
        let fromDocker = RecoveryCommand.fromDocker
        switch error {
        case .sqlite where error.isCorruption:
            words = "cannot read the journal \(path): \(error)"
            advice =
                "the next call that meets the damage keeps the file as \(path).corrupt-… and begins a "
                + "new one; what is open is settled without it: \(fromDocker)"
        case .file(_, ENOENT, _):
            words = "there is no journal \(path)"
            advice =
                "the CPI makes it at its first call; if it was lost, what is open is settled without "
                + "it: \(fromDocker)"
        case .sqlite where error.isBusy:
            words = "cannot read the journal \(path): \(error)"
            advice =
                "another process holds it (lsof \(path) names it): repeat this when that is done"
        case .file where error.isForbidden, .sqlite where error.isForbidden:
            words = "cannot read the journal \(path): \(error)"
            advice = "run this as root or as the user that runs the CPI"
        case .file where error.isDiskFull, .sqlite where error.isDiskFull:
            words = "cannot write to the journal \(path): \(error)"
            advice = "make room on its disk: its own prune needs some as well"
        case .newerSchema:
            words = "cannot read the journal \(path): \(error)"
            advice = "use the cpi-admin of the CPI that wrote it"
        default:
            words = "cannot read the journal \(path): \(error)"
            advice =
                "repair it, or do without it: what is open is settled with \(fromDocker)"
        }
    }
}
