import Glibc

/// Where an installed CPI has its configuration.
enum Installation {
    private static let job = "/var/vcap/jobs/docker_cpi/config/cpi.json"
    private static let below = "jobs/docker_cpi/config/cpi.json"

    /// Throws `Complaint` when there are several, or none.
    static func configuration() throws -> String {
        if let path = getenv("DOCKER_CPI_CONFIG") { return String(cString: path) }
        if access(job, F_OK) == 0 { return job }
        let home = getenv("HOME").map { String(cString: $0) } ?? "~"
        let pattern = home + "/.bosh/installations/*/" + below
        let found = matches(pattern)
        guard found.count < 2 else {
            throw Complaint(
                "several installations: choose one with --config "
                    + found.joined(separator: " or "),
                .failure)
        }
        guard let path = found.first else {
            throw Complaint(
                "there is no configuration: neither \(job) nor \(pattern) is there (bosh create-env removes "
                    + "it at its end); give --config FILE, or set DOCKER_CPI_CONFIG", .failure)
        }
        return path
    }

    private static func matches(_ pattern: String) -> [String] {
        var result = glob_t()
        defer { globfree(&result) }
        guard glob(pattern, 0, nil, &result) == 0 else { return [] }
        return (0..<Int(result.gl_pathc)).compactMap { index in
            result.gl_pathv[index].map { String(cString: $0) }
        }
    }
}
