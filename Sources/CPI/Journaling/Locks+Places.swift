import Glibc
import Journal

/// A *place* is where locks can be seen: a lock directory, on a machine, since its last boot. Who
/// uses another directory (another user, mount namespace or container) cannot see whether an owner
/// lives, and is at another place although it is the same machine.
extension Locks {
    /// "HOST MACHINE-ID BOOT DEVICE:INODE" of each of the lock directories that can be used. Boot,
    /// device and inode tell places apart; host and machine id explain, and outlast a boot.
    var places: [String] { directories.compactMap(Locks.place) }

    /// What labels and intents record: the place where most others meet, of those where this process has got
    /// its locks. Without any no lock can be had, and nobody can tell that its operation is dead.
    var place: String {
        let usable = ([shared].compactMap(\.self) + directories).filter { !refused.contains($0) }
        return usable.lazy.compactMap(Locks.place).first ?? "\(Machine.here) -"
    }

    /// Whether the owner of an operation that was begun at `place` may live where its lock cannot be
    /// seen from here. Not so for what was begun before this machine was started anew.
    func isOnAnotherMachine(_ place: String) -> Bool {
        let parts = place.split(separator: " ")
        // Nothing was recorded, or in the older form without a lock directory.
        guard parts.count > 3 else { return Machine.isAnother(place) }
        guard !Machine.isFromBeforeTheBoot(place) else { return false }
        return !places.contains { $0.split(separator: " ")[2...] == parts[2...] }
    }

    private static func place(_ directory: String) -> String? {
        var status = stat()
        guard (try? Files.makeDirectory(directory)) != nil, isOurs(directory),
            lstat(directory, &status) == 0, access(directory, W_OK | X_OK) == 0
        else { return nil }
        return "\(Machine.here) \(status.st_dev):\(status.st_ino)"
    }
}
