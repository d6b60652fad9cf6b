import Engine
import Foundation
import Journal

@testable import CPI

/// Killing the CPI, as far as that goes within one process.
extension Scene {
    /// A moment to die at.
    enum Moment: CustomStringConvertible {
        case before(Int), after(Int), commit(Int)

        var description: String {
            switch self {
            case .before(let n): "before request \(n)"
            case .after(let n): "after request \(n)"
            case .commit(let n): "at commit \(n)"
            }
        }
    }

    /// Runs a call that dies at a moment. Whatever the process goes on to do in this test, Docker does
    /// not see it, and the journal gets back the files of that moment.
    @discardableResult
    func kill(_ moment: Moment, _ call: (Scene) throws -> Any) throws -> Bool {
        let directory = runner.directory.path
        let docker = docker
        var snapshot: TemporaryDirectory?
        docker.revive()
        docker.onKill = { snapshot = try? TemporaryDirectory.copy(of: directory) }
        switch moment {
        case .before(let n): docker.onRequest = { count, _ in count == n ? .kill : nil }
        case .after(let n): docker.onRequest = { count, _ in count == n ? .killAfter : nil }
        case .commit(let n):
            var commits = 0
            JournalCommits.watch(directory + "/" + Journal.fileName) {
                commits += 1
                if commits == n { docker.die() }
            }
        }
        runner.delivers = false
        _ = try? call(self)
        runner.delivers = true
        JournalCommits.watch(directory + "/" + Journal.fileName, nil)
        docker.revive()
        guard let snapshot else { return false }
        try replace(directory, with: snapshot.path)
        return true
    }

    private func replace(_ directory: String, with copy: String) throws {
        let files = FileManager.default
        for name in try files.contentsOfDirectory(atPath: directory) {
            try files.removeItem(atPath: directory + "/" + name)
        }
        for name in try files.contentsOfDirectory(atPath: copy) where name != "journal.db-shm" {
            try files.copyItem(atPath: copy + "/" + name, toPath: directory + "/" + name)
        }
    }
}
