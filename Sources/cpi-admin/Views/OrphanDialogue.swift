import ArgumentParser
import CPI

/// Asks for each orphan of a kind whether it is to go. Reads answers from stdin, one a line, so that
/// what is to go must be named there also in a script.
struct OrphanDialogue {
    let recovery: OperatorRecovery
    let kind: Orphan.Kind

    /// Throws `ExitCode.failure` when one could not be removed.
    func run() throws {
        let all = try recovery.orphans(sizes: false).filter { $0.kind == kind }
        guard !all.isEmpty else { return print("no \(kind.rawValue) orphans") }
        var hasFailed = false
        for orphan in all {
            if case .never(let why) = orphan.removal {
                print(Invocation.complete("\(orphan.name): kept: \(why); \(orphan.command)"))
            } else if isConfirmed(orphan) {
                do {
                    try recovery.remove(orphan)
                    print("\(orphan.name): removed")
                } catch {
                    print("\(orphan.name): \(error)")
                    hasFailed = true
                }
            } else {
                print("\(orphan.name): kept")
            }
        }
        if hasFailed { throw ExitCode.failure }
    }

    private func isConfirmed(_ orphan: Orphan) -> Bool {
        let age = orphan.createdAt.map { ", \(Span.age($0)) old" } ?? ""
        let what = "\(orphan.title)\(age): \(orphan.reason)."
        guard orphan.removal == .data else { return Terminal.ask("\(what) Remove it?") }
        let typed = Terminal.read(
            "\(what)\nIts data will be gone for ever. Type its whole name to remove it: ")
        return typed == orphan.name
    }
}
