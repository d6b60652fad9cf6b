import Engine

/// Which keys are followed by a secret, and which values are none whatever their key.
enum SecretNames {
    /// "password", "db-pass", "splunk-token", "SecretAccessKey", …
    static func isSecret(_ key: String) -> Bool {
        // Asked for each key of each text. As bytes: `String.contains` took a seventh of a call's instructions.
        let name = key.lowercased().utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 }
        return parts.contains { contains($0, in: name) } || whole.contains(name)
            || endings.contains { name.suffix($0.count) == $0[...] }
    }

    /// Whether a member of that name has a secret for its value.
    static func hides(_ key: String) -> Bool { isSecret(key) || isHeader(key) }

    private static func contains(_ part: [UInt8], in name: [UInt8]) -> Bool {
        guard name.count >= part.count else { return false }
        return (0...(name.count - part.count)).contains { start in
            name[start] == part[0] && name[start...].starts(with: part)
        }
    }

    private static let parts = [
        "password", "passwd", "passphrase", "secret", "token", "credential", "private_key",
        "privatekey", "apikey", "api_key", "access_key", "accesskey", "signature",
    ].map { Array($0.utf8) }
    private static let whole = ["pass", "pwd", "psk"].map { Array($0.utf8) }
    private static let endings = ["pass", "_key", "_pwd"].map { Array($0.utf8) }

    /// Headers whose whole value is a secret.
    static func isHeader(_ name: String) -> Bool {
        ["authorization", "x-registry-auth", "x-registry-config", "cookie"].contains {
            name.lowercased().hasSuffix($0)
        }
    }

    /// Keys of env, of blobstore options and of LogConfig that hold names, places and sizes.
    static func isOpen(_ key: String) -> Bool {
        open.contains(key.lowercased().replacing("_", with: "-"))
    }

    private static let open: Set = [
        "name", "tags", "group", "groups", "deployment", "job", "index", "id", "az", "env",
        "instance-group", "director", "provider", "user", "username", "account", "endpoint",
        "host", "address", "port", "region", "bucket", "bucket-name", "type", "driver", "device",
        "path", "blobstore-path", "tag", "labels", "labels-regex", "env-regex", "mode", "max-size",
        "max-file", "max-buffer-size", "compress", "persistent-disk-fs", "syslog-address",
        "syslog-facility", "syslog-format", "fluentd-address", "gelf-address", "splunk-url",
        "splunk-index", "splunk-source", "splunk-sourcetype", "awslogs-region", "awslogs-group",
        "awslogs-stream", "awslogs-endpoint", "loki-url",
    ]

    /// A value that is no secret to look at: a path, an address, a version, a size.
    static func isPublic(_ value: String) -> Bool {
        if value.utf8.allSatisfy({ $0.isDigit || "./:".utf8.contains($0) }) {
            return true
        }
        return roots.contains { value.hasPrefix($0) }
    }

    private static let roots = [
        "/dev/", "/var/", "/etc/", "/tmp/", "/usr/", "/run/", "/mnt/", "/opt/", "/home/", "/srv/",
        "/sys/", "/proc/", "/lib/", "/root/", "/data/",
    ]

    /// A number, or a word that texts could not do without. The journal's own states are among them.
    static func isCommon(_ value: String) -> Bool {
        let value = value.lowercased()
        return Double(value) != nil || words.contains(value) || value.allSatisfy { $0 == "*" }
    }

    private static let words: Set = [
        "true", "false", "null", "none", "default", "local", "tmpfs", "cifs", "nfs4", "ext4",
        "davcli", "simple", "json-file", "journald", "syslog", "fluentd", "splunk", "awslogs",
        "container", "containers", "volume", "volumes", "network", "networks", "image", "images",
        "docker", "engine", "director", "agent", "bosh", "vcap", "root", "admin", "nobody", "user",
        "username", "password", "secret", "token", "bridge", "host", "privileged", "public",
        "private", "system", "enabled", "disabled", "running", "done", "failed", "rolled-back",
        "parked", "forward", "backward", "delivered", "lost", "interrupted", "operation", "attach",
        "detach", "create", "delete", "remove", "start", "stop", "rename", "mount", "mounted",
        "always", "unless-stopped", "on-failure", "volume-driver", "production", "development",
        "staging", "info", "debug", "error", "warning", "disk", "stemcell", "commit", "update",
    ]
}
