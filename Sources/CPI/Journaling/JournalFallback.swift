import Glibc

/// Where a CPI keeps its journal when the configured directory is not its own to use.
public enum JournalFallback {
    /// Directories to look in: this user's, and the one of the user that directors run CPIs as.
    public static var directories: [String] {
        var found = [JournalPlace.userDirectory].compactMap(\.self)
        if let vcap = getpwnam("vcap"), let home = vcap.pointee.pw_dir {
            found.append(String(cString: home) + "/.local/state/docker-cpi")
        }
        return found
    }
}
