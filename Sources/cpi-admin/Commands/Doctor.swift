import ArgumentParser
import CPI
import Engine

struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Checks whether configuration, journal and Docker are as the CPI needs them.",
        discussion: """
            For each VM a line says whether a disk can be attached while it runs, or why not: then \
            its container is replaced, which is no fault. Exit codes: 0 all is well, or no more than a \
            warning; 1 something is not, the journal among it; 6 Docker does not answer. \
            Changes nothing.
            """)

    @OptionGroup var source: Source
    @OptionGroup var output: Output

    func run() throws {
        try complaining {
            let configuration = try readConfiguration()
            var findings = [try MachineDiagnosis.configuration(source.configPath)]
            findings += MachineDiagnosis.findings(configuration)
            do {
                let recovery = try OperatorRecovery(
                    configuration, needsJournal: false, isToWrite: false, logger: .admin)
                // What is damaged is told already: Docker is looked at all the same.
                let isDamaged = findings.contains { $0.what == "journal" && $0.level == .fail }
                findings += try recovery.inspection(isDamaged ? nil : recovery.journal).diagnose()
                findings += try recovery.inspection.readiness().map(finding)
            } catch {
                show(findings)
                throw error
            }
            show(findings)
            guard findings.allSatisfy({ $0.level != .fail }) else { throw ExitCode.failure }
        }
    }

    private func finding(_ one: DiskReadiness) -> Finding {
        let name = "attach \(one.vm)"
        return switch one.way {
        case .live: Finding(name, .ok, "can be given a disk while it runs")
        case .replaced(let why): Finding(name, .ok, "would be replaced: \(why)")
        case .paused:
            Finding(
                name, .warn, "is refused: the VM is paused",
                advice: "docker unpause \(one.vm), unless a snapshot is being taken")
        case .unseen(let why):
            Finding(
                name, .fail, "could not be seen: \(why)",
                advice: "look into the Docker daemon's log")
        }
    }

    /// What is wrong with it is a finding: there are no others then.
    private func readConfiguration() throws -> Configuration {
        do {
            return try source.configuration()
        } catch let complaint as Complaint {
            show([Finding("configuration", .fail, complaint.text)])
            throw complaint.code
        }
    }

    private func show(_ findings: [Finding]) {
        guard Terminal.isInteractive, output.format == .table else {
            return output.print(Listing(findings: findings))
        }
        print(FindingText.text(findings))
    }
}
