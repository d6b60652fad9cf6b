import ArgumentParser
import CPI
import Engine
import Journal

struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Looks whether configuration, journal and Docker are as the CPI needs them.",
        discussion: """
            For each VM a line says whether a disk can be attached while it runs, or why not: then \
            its container is replaced, which is no fault. Exit codes: 0 all is well, 1 something is \
            not, 6 Docker does not answer. Changes nothing.
            """)

    @OptionGroup var source: Source
    @Flag(help: "Print JSON.")
    var json = false

    /// One line of the report.
    private struct Finding {
        let what: String
        var isWell = true
        let words: String
    }

    func run() throws {
        try complaining {
            let configuration = try source.configuration()
            var findings = [Finding(what: "configuration", words: source.config)]
            findings.append(journal(configuration))
            do {
                let recovery = try OperatorRecovery(
                    configuration, needsJournal: false, logger: .admin)
                let version = try recovery.engine.version()
                findings.append(
                    Finding(what: "docker", words: "\(recovery.engine.address), API \(version)"))
                if let remark = try recovery.daemonRemark() {
                    findings.append(
                        Finding(what: "docker", isWell: remark.isWell, words: remark.words))
                }
                findings.append(try cgroups(recovery))
                findings += try recovery.readiness().map { one in
                    let way = one.obstacle.map { "is replaced: \($0)" } ?? "runs on"
                    return Finding(what: "attach \(one.vm)", words: way)
                }
            } catch let error as EngineError {
                print(json ? document(findings) : table(findings))
                throw Complaint("\(error)", ExitCode.dockerUnreachable)
            }
            print(json ? document(findings) : table(findings))
            guard findings.allSatisfy(\.isWell) else { throw ExitCode.failure }
        }
    }

    private func journal(_ configuration: Configuration) -> Finding {
        do {
            let journal = try Journal(
                reading: configuration.journal.directory + "/" + Journal.fileName)
            let problems = try journal.check()
            return Finding(
                what: "journal", isWell: problems.isEmpty,
                words: problems.isEmpty ? journal.path : problems.joined(separator: "; "))
        } catch {
            return Finding(what: "journal", isWell: false, words: "\(error)")
        }
    }

    /// Without a controller Docker drops the limits that it would keep.
    private func cgroups(_ recovery: OperatorRecovery) throws -> Finding {
        let missing = try recovery.missingControllers().map(\.rawValue)
        let version = try recovery.cgroupVersion().map { "version \($0)" } ?? "of unknown version"
        let words = missing.isEmpty ? "" : "; no controller for " + missing.joined(separator: ", ")
        return Finding(what: "cgroups", isWell: missing.isEmpty, words: version + words)
    }

    private func table(_ findings: [Finding]) -> String {
        Terminal.table(
            [["WHAT", "STATE", "DETAIL"]]
                + findings.map {
                    [Terminal.shorten($0.what), $0.isWell ? "ok" : "wrong", $0.words]
                })
    }

    private func document(_ findings: [Finding]) -> String {
        let list = findings.map { finding -> JSON in
            [
                "what": .string(finding.what), "ok": .bool(finding.isWell),
                "detail": .string(finding.words),
            ]
        }
        return (["schema": 1, "findings": .array(list)] as JSON).text
    }
}
