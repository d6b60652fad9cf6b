import Engine
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

    /// Runs a call, and returns the moments at which it can die: before and after each request, and at each commit
    /// to the journal. Of those between two changes, of Docker or of the journal, one is enough: a process that
    /// dies at any of them leaves the same world.
    func moments(_ call: (Scene) throws -> Void) throws -> [Moment] {
        let journal = runner.directory.path + "/" + Journal.fileName
        var (moments, commits, isNew): ([Moment], Int, Bool) = ([], 0, true)
        func add(_ moment: Moment) {
            if isNew { moments.append(moment) }
            isNew = false
        }
        JournalCommits.watch(journal) {
            commits += 1
            add(.commit(commits))
            isNew = true
        }
        docker.revive()
        docker.onRequest = { n, request in
            add(.before(n))
            guard request.method != "GET", request.method != "HEAD" else { return nil }
            isNew = true
            add(.after(n))
            return nil
        }
        defer {
            JournalCommits.watch(journal, nil)
            docker.onRequest = nil
        }
        try call(self)
        return moments
    }

    /// Runs a call that dies at a moment. Whatever the process goes on to do in this test, Docker does
    /// not see it, and the journal gets back the files of that moment. `each` is done at each request.
    @discardableResult
    func kill(_ moment: Moment, each: @escaping () -> Void = {}, _ call: (Scene) throws -> Any)
        throws -> Bool
    {
        let directory = runner.directory.path
        let docker = docker
        var kept: Files?
        docker.revive()
        docker.onKill = { kept = try? self.files() }
        switch moment {
        case .before(let n):
            docker.onRequest = { count, _ in
                each()
                return count == n ? .kill : nil
            }
        case .after(let n):
            docker.onRequest = { count, _ in
                each()
                return count == n ? .killAfter : nil
            }
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
        guard let kept else { return false }
        try restore(kept)
        return true
    }
}

extension Scene {
    /// An attach_disk by replacement that dies when the VM is committed: stopped, and with its image. Throws
    /// when it has not died.
    func killAttachAtCommit() throws {
        docker.onRequest = { _, request in
            request.path.hasSuffix("/commit") ? .killAfter : nil
        }
        let answer = try? attach()
        docker.revive()
        if let answer { throw NotKilled(answer: "\(answer)") }
    }

    private struct NotKilled: Error { let answer: String }

    /// Somebody else acts right before the first request that `isIt` says yes to, once.
    func before(_ isIt: @escaping (Request) -> Bool, _ act: @escaping () throws -> Void) {
        var isDone = false
        docker.onRequest = { [docker] _, request in
            guard !isDone, isIt(request) else { return nil }
            isDone = true
            docker.apart { try? act() }
            return nil
        }
    }
}
