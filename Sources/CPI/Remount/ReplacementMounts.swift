import Engine

/// All mounts of a container, as a new container is to be given them: by name, with mode and
/// propagation. What the container shows (`Mounts`) is the truth; what it was asked for (`Binds`,
/// `HostConfig.Mounts`, `VolumesFrom`) may leave names out, and then another volume would be made.
struct ReplacementMounts {
    let binds: [String]
    /// Entries of `HostConfig.Mounts`.
    let mounts: [JSON]
    /// The volumes among them, by name.
    let volumes: [String]

    init(old: Container) {
        let host = old.json["HostConfig"]
        let asked = (host["Binds"].array ?? []).compactMap(\.string)
            .filter { $0.contains(":") }  // else an anonymous volume: below, by its name
        let mounts = (host["Mounts"].array ?? []).compactMap {
            ReplacementMounts.named($0, in: old.mounts)
        }
        let known = Set(
            asked.map(ReplacementMounts.destination) + mounts.compactMap(ReplacementMounts.target))
        let further = old.mounts.filter {
            ["volume", "bind"].contains($0.type) && !known.contains($0.destination)
        }
        binds = asked + further.map(ReplacementMounts.bind)
        self.mounts = mounts
        volumes = old.mounts.filter { $0.type == "volume" && !$0.name.isEmpty }.map(\.name)
    }

    /// Whether it is `[SOURCE:]DESTINATION[:OPTIONS]`.
    static func isBind(_ text: String) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        return (1...3).contains(parts.count) && parts.allSatisfy { !$0.isEmpty }
            && parts[min(1, parts.count - 1)].hasPrefix("/")
    }

    /// The place in `SOURCE:DESTINATION[:OPTIONS]`, or in `DESTINATION` alone, as Docker cleans it.
    static func destination(ofBind bind: String) -> String {
        let parts = bind.split(separator: ":", omittingEmptySubsequences: false)
        return cleaned(String(parts.count > 1 ? parts[1] : parts[0]))
    }

    /// A path without `//`, `.`, `..` and a slash at its end.
    static func cleaned(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// The place of an entry of `HostConfig.Mounts`.
    static func target(_ entry: JSON) -> String? { entry["Target"].string.map(cleaned) }

    /// An entry that asked for some volume asks for this one now.
    private static func named(_ entry: JSON, in mounts: [Container.Mount]) -> JSON? {
        guard entry["Type"].string == "volume", (entry["Source"].string ?? "").isEmpty else {
            return entry
        }
        guard let mount = mounts.first(where: { $0.destination == target(entry) }) else {
            return entry
        }
        var copy = entry
        copy["Source"] = .string(mount.name)
        return copy
    }

    private static func bind(_ mount: Container.Mount) -> String {
        var options: [String] = []
        if mount.isReadOnly { options.append("ro") }
        // "rprivate" is what Docker takes when nothing is asked for.
        if mount.type == "bind", !["", "rprivate"].contains(mount.propagation) {
            options.append(mount.propagation)
        }
        let source = mount.type == "volume" ? mount.name : mount.source
        let end = options.isEmpty ? "" : ":" + options.joined(separator: ",")
        return "\(source):\(mount.destination)\(end)"
    }
}
