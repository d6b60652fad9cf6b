import Engine

/// All mounts of a container, as a new container is to be given them: by name, with mode and
/// propagation. What the container shows (`Mounts`) is the truth; what it was asked for (`Binds`,
/// `HostConfig.Mounts`, `VolumesFrom`) may leave names out, and then another volume would be made.
struct ReplacementMounts {
    let binds: [Bind]
    let mounts: [MountEntry]
    /// The volumes among them, by name.
    let volumes: [String]

    init(old: Container) {
        let host = old.json["HostConfig"]
        let asked = (host["Binds"].array ?? []).compactMap(\.string).map(Bind.init)
            .filter { $0.source != nil }  // else an anonymous volume: below, by its name
        let mounts = (host["Mounts"].array ?? []).map {
            ReplacementMounts.named(MountEntry($0), in: old.mounts)
        }
        let known = Set(asked.map(\.destination) + mounts.compactMap(\.target))
        let further = old.mounts.filter {
            ["volume", "bind"].contains($0.type) && !known.contains($0.destination)
        }
        binds = asked + further.map(ReplacementMounts.bind)
        self.mounts = mounts
        volumes = old.mounts.filter { $0.type == "volume" && !$0.name.isEmpty }.map(\.name)
    }

    /// An entry that asked for some volume asks for this one now.
    private static func named(_ entry: MountEntry, in mounts: [Container.Mount]) -> MountEntry {
        guard entry.isUnnamedVolume,
            let mount = mounts.first(where: { $0.destination == entry.target })
        else { return entry }
        return entry.from(mount.name)
    }

    private static func bind(_ mount: Container.Mount) -> Bind {
        var options: [String] = []
        if mount.isReadOnly { options.append("ro") }
        // "rprivate" is what Docker takes when nothing is asked for.
        if mount.type == "bind", !["", "rprivate"].contains(mount.propagation) {
            options.append(mount.propagation)
        }
        let source = mount.type == "volume" ? mount.name : mount.source
        let end = options.isEmpty ? "" : ":" + options.joined(separator: ",")
        return Bind("\(source):\(mount.destination)\(end)")
    }
}
