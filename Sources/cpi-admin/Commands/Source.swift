import ArgumentParser
import CPI
import Engine
import Glibc
import Journal
import Logging

/// Where the journal is: in a file, or where a configuration says.
struct Source: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The CPI's configuration file. Without it: what DOCKER_CPI_CONFIG names, the director's "
                + "job, or the installation of bosh create-env.", valueName: "file"))
    var config: String?
    @Option(
        help: ArgumentHelp("A journal to use in place of the configuration's.", valueName: "file"))
    var journal: String?

    /// The file that is given or found.
    var configPath: String {
        get throws { try config ?? Installation.configuration() }
    }

    /// Opens the journal for reading; a file given by name needs no configuration.
    func openJournal() throws -> Journal {
        let path = try journal ?? Journal.file(in: configuration().journal.directory)
        do {
            return try Journal(reading: path)
        } catch let error as JournalError {
            throw complaint(error, path)
        }
    }

    /// What the journal adds to what Docker shows: nothing where it cannot be read, which is said on stderr.
    func withJournal<T>(_ body: (Journal?) throws -> T) throws -> T {
        do {
            return try body(try openJournal())
        } catch let complaint as Complaint where complaint.code == .journalUnusable {
            return try body(nil)  // said already, by whoever has asked Docker
        } catch let error as JournalError {
            Streams.write(
                "cpi-admin: \(JournalTrouble(error).words): going on without the journal\n", to: 2)
            return try body(nil)
        }
    }

    /// What is wrong, and what to do about it where it is the CPI's own journal and not a copy.
    func complaint(_ error: JournalError, _ path: String) -> Complaint {
        let trouble = JournalTrouble(error, path)
        let advice = journal == nil ? "; " + trouble.advice : ""
        return Complaint(trouble.words + advice, .journalUnusable)
    }

    /// A text whose commands can be copied and run here; for a journal from elsewhere, where it came from.
    func command(_ text: String) -> String {
        let isCopy = journal != nil && (try? Configuration(path: configPath)) == nil
        return isCopy ? "on the machine of that journal's CPI: \(text)" : Invocation.complete(text)
    }

    /// With the directory that the journal is in. Throws `Complaint` when it cannot be read.
    func configuration() throws -> Configuration {
        do {
            var configuration = try Configuration(path: configPath)
            configuration.journal.directory = try directory(configuration)
            return configuration
        } catch let complaint as Complaint {
            throw complaint
        } catch {
            throw Complaint("\(error)", .failure)
        }
    }

    /// Docker and the journal, for what recovery knows. Makes sure that Docker answers, that of the
    /// configuration or, where the journal is needed, that of something open. `isToWrite`: something may be
    /// settled. Throws `Complaint`.
    func recovery(needsJournal: Bool, isToWrite: Bool = false) throws -> OperatorRecovery {
        let recovery = try unconnected(needsJournal: needsJournal, isToWrite: isToWrite)
        do {
            if needsJournal {
                try recovery.requireDockerOfSomething()
            } else {
                _ = try recovery.engine.version()
            }
            return recovery
        } catch let error as EngineError {
            throw Complaint("\(error)", .of(error))
        }
    }

    /// As the one above, without a look whether Docker answers.
    func unconnected(needsJournal: Bool, isToWrite: Bool) throws -> OperatorRecovery {
        let configuration = try configuration()
        do {
            return try OperatorRecovery(
                configuration, needsJournal: needsJournal, isToWrite: isToWrite, logger: .admin)
        } catch let error as JournalError {
            throw complaint(error, Journal.file(in: configuration.journal.directory))
        } catch let error as EngineError {
            throw Complaint("\(error)", .of(error))
        }
    }

    /// Throws `Complaint` for a file that has another name than a CPI's journal: recovery works with the
    /// journal of a directory, and with the locks beside it.
    private func directory(_ configuration: Configuration) throws -> String {
        if let journal {
            guard Journal.isFile(journal) else {
                throw Complaint(
                    "--journal \(journal): a command that looks at Docker needs a file called "
                        + "\(Journal.fileName); copy it into a directory of its own",
                    .journalUnusable)
            }
            return Files.directory(of: journal)
        }
        let configured = configuration.journal.directory
        func hasJournal(_ directory: String) -> Bool {
            access(Journal.file(in: directory), F_OK) == 0
        }
        let others = JournalFallback.directories(insteadOf: configured).filter(hasJournal)
        guard let other = others.first else { return configured }
        guard !hasJournal(configured) else {
            if access(Journal.file(in: configured), W_OK) != 0 {
                Streams.write(
                    "cpi-admin: this user cannot write the journal in \(configured): its own calls are in "
                        + "\(other), see --journal\n", to: 2)
            }
            return configured
        }
        Streams.write("cpi-admin: no journal in \(configured): reading \(other)\n", to: 2)
        return other
    }
}
