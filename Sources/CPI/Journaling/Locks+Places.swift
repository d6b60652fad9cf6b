import Glibc
import Journal

extension Locks {
    /// The places of the lock directories that are there and can be used. Makes none: who only looks changes nothing.
    var places: [Place] { directories.compactMap(Locks.place) }

    /// What labels and intents record: the place where most others meet, of those where this process has got
    /// its locks. Without any no lock can be had, and nobody can tell that its operation is dead.
    var place: Place {
        let usable = ([shared].compactMap(\.self) + directories).filter { !refused.contains($0) }
        return usable.lazy.compactMap(madePlace).first ?? Place(.here, directory: "-")
    }

    /// Whether the owner of an operation that was begun at `place` may live where its lock cannot be
    /// seen from here. Not so for what was begun before this machine was started anew.
    func isOnAnotherMachine(_ place: Place) -> Bool {
        guard place.directory != nil else { return place.machine.isAnother(than: .here) }
        guard !place.machine.isEarlierBoot(of: .here) else { return false }
        return !places.contains { $0.isSame(as: place) }
    }

    private func madePlace(_ directory: String) -> Place? {
        (try? make(directory)).flatMap { Locks.place(directory) }
    }

    private static func place(_ directory: String) -> Place? {
        var status = stat()
        guard isOurs(directory), lstat(directory, &status) == 0, access(directory, W_OK | X_OK) == 0
        else { return nil }
        return Place(.here, directory: "\(status.st_dev):\(status.st_ino)")
    }
}
