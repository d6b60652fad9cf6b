import Glibc
import Journal

/// Where a CPI keeps its journal when the configured directory is not its own to use.
public enum JournalFallback {
    /// Directories to look in for a configured one without a journal: this user's, if that one is not
    /// for this user to use, and that of the user that directors run CPIs as.
    public static func directories(insteadOf configured: String) -> [String] {
        var found: [String] = []
        if !isUsable(configured), let own = JournalPlace.userDirectory { found.append(own) }
        if let vcap = getpwnam("vcap"), let home = vcap.pointee.pw_dir {
            found.append(String(cString: home) + JournalPlace.belowHome)
        }
        return found
    }

    /// Whether this user could write there, or make the directory.
    private static func isUsable(_ directory: String) -> Bool {
        if access(directory, W_OK | X_OK) == 0 { return true }
        var status = stat()
        // A link to nothing: what it leads to is not mounted.
        guard errno == ENOENT, lstat(directory, &status) != 0 else { return false }
        return isUsable(Files.directory(of: directory))
    }
}
