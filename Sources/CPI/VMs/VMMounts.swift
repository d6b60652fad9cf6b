import Engine

/// What cloud_properties ask to be mounted in a VM: `volumes`, which are `Binds` by a name of ours, and
/// `Binds`, `Mounts` and `VolumesFrom`, as Docker knows them. Volumes that are asked for without a name
/// are given names of the VM's.
struct VMMounts {
    private let binds: [(field: Field, bind: Bind)]
    private let entries: [(field: Field, entry: MountEntry)]
    /// Names of containers, with or without a mode.
    private let volumesFrom: [(field: Field, text: String)]

    /// Throws `Field.Wrong` naming the element for what is not of the right type, and for what would
    /// lie over the places that agent and CPI need.
    init(_ properties: Field) throws {
        func elements(_ key: String) throws -> [Field] {
            try properties.member(key).optional { try $0.array() } ?? []
        }
        binds = try (elements("Binds") + elements("volumes")).map {
            ($0, Bind(try $0.nonEmptyString()))
        }
        entries = try elements("Mounts").map { ($0, VMMounts.withPath(MountEntry($0.value))) }
        volumesFrom = try elements("VolumesFrom").map { ($0, try $0.nonEmptyString()) }
        for (field, bind) in binds {
            guard bind.isWellFormed else {
                throw Field.Wrong(
                    description: "\(field.name) must be PATH, VOLUME:PATH or VOLUME:PATH:OPTIONS")
            }
            try VMMounts.requireSource(bind.source ?? "", field)
            try VMMounts.requireAllowed(bind.destination, field)
        }
        for (field, text) in volumesFrom {
            try VMMounts.requireName(VMMounts.container(text), field)
        }
        for (field, entry) in entries {
            _ = try field.object()
            _ = try field.member("Target").nonEmptyString()
            if entry.isOfVolumeOrPath { try VMMounts.requireSource(entry.source, field) }
            try VMMounts.requireAllowed(entry.target ?? "", field)
        }
    }

    /// Where something is to be mounted.
    var destinations: [String] {
        binds.map(\.bind.destination) + entries.compactMap(\.entry.target)
    }

    /// The volumes that have names of their own, sorted.
    var named: [String] {
        let all =
            binds.compactMap(\.bind.source) + entries.map(\.entry).filter(\.isVolume).map(\.source)
        return Set(all).filter { !$0.isEmpty && !$0.hasPrefix("/") }.sorted()
    }

    /// Where volumes are asked for without a name, sorted. `declared`: by the stemcell.
    func unnamed(declared: [String]) -> [String] {
        func places(named: Bool) -> [String] {
            binds.map(\.bind).filter { ($0.source != nil) == named }.map(\.destination)
                + entries.map(\.entry).filter { $0.isUnnamedVolume != named }
                .compactMap(\.target)
        }
        return Set(places(named: false) + declared).subtracting(places(named: true))
            .subtracting(VMMounts.reserved).sorted()
    }

    /// `HostConfig.Binds`, with the names of the volumes for the places that have none.
    func binds(naming volumes: [String: String]) -> [String] {
        let targets = Set(entries.compactMap(\.entry.target))
        let own = binds.map(\.bind).filter { $0.source != nil }.map(\.text)
        let named = volumes.filter { !targets.contains($0.key) }.map { "\($0.value):\($0.key)" }
        return own + named.sorted()
    }

    /// `HostConfig.Mounts`, likewise.
    func mounts(naming volumes: [String: String]) -> [JSON] {
        entries.map(\.entry).map { entry in
            guard entry.isUnnamedVolume, let name = entry.target.flatMap({ volumes[$0] }) else {
                return entry.json
            }
            return entry.from(name).json
        }
    }

    /// Throws `Field.Wrong` for a persistent disk, or for a volume of another VM.
    func requireNothingForeign(_ world: World) throws {
        for (field, bind) in binds {
            try VMMounts.requireOrdinary(bind.source ?? "", field, world)
        }
        for (field, entry) in entries {
            if entry.isOfVolumeOrPath || entry.source.hasPrefix("/") {
                try VMMounts.requireOrdinary(entry.source, field, world)
            }
            // Another device than a path is a server's, or none.
            if let device = entry.device, device.hasPrefix("/") {
                try VMMounts.requireOrdinary(device, field, world)
            }
        }
        for (field, text) in volumesFrom {
            guard let container = try world.engine.container(VMMounts.container(text)) else {
                continue
            }
            for mount in container.mounts {
                try VMMounts.requireAllowed(mount.destination, field)
                let isVolume = mount.type == "volume"
                try VMMounts.requireOrdinary(isVolume ? mount.name : mount.source, field, world)
            }
        }
    }

    /// `NAME[:MODE]`
    private static func container(_ text: String) -> String { String(text.prefix { $0 != ":" }) }

    /// A path of the host, a volume's name, or empty for none.
    private static func requireSource(_ source: String, _ field: Field) throws {
        guard !source.isEmpty, !source.hasPrefix("/") else { return }
        try requireName(source, field)
    }

    /// Docker would take another one apart as a path of its API.
    private static func requireName(_ name: String, _ field: Field) throws {
        guard name.isDockerName else {
            throw Field.Wrong(
                description:
                    "\(field.name): \"\(name.prefix(60))\" is no name that Docker accepts, and no absolute path"
            )
        }
    }

    /// Manifests mount the socket that Docker's host is configured by: `unix:///run/docker.sock`.
    private static func withPath(_ entry: MountEntry) -> MountEntry {
        let scheme = "unix://"
        guard entry.source.hasPrefix(scheme) else { return entry }
        return entry.from(String(entry.source.dropFirst(scheme.count)))
    }

    /// `source`: a volume's name, or a path of the host; empty for none.
    private static func requireOrdinary(_ source: String, _ field: Field, _ world: World) throws {
        guard source.hasPrefix("/") else {
            return source.isEmpty ? () : try requireOrdinary(volume: source, field, world)
        }
        // Other directories have such names as well.
        for volume in VolumeDirectory.volumes(around: source)
        where try volume.isDockerName && world.engine.volume(volume) != nil {
            try requireOrdinary(volume: volume, field, world)
        }
    }

    private static func requireOrdinary(volume: String, _ field: Field, _ world: World) throws {
        // delete_vm could not tell it from those, and would remove it.
        guard !Container.Mount.isAnonymous(volume) else {
            throw Field.Wrong(
                description: "\(field.name) names a volume that Docker has named (64 hexadecimal "
                    + "digits), and such volumes go with their VM: make one with a name")
        }
        if let (vm, role) = VMCID.role(of: volume),
            [.ephemeralVolume, .furtherVolume, .mark].contains(role)
        {
            throw Field.Wrong(description: "\(field.name) names a volume of VM \(vm)")
        }
        // Also one that is not there: it would be taken for one.
        let present = try world.engine.volume(volume)
        let isSnapshots = SnapshotCID(volume).isOurForm || SnapshotCID.ofRecord(volume) != nil
        guard !isSnapshots, present?.labels.label(Label.snapshot) == nil else {
            throw Field.Wrong(
                description:
                    "\(field.name) names the snapshot \(volume): make a disk of it instead "
                    + "(create_disk with cloud_properties.snapshot)")
        }
        guard !DiskCID(volume).isOfDisk, present?.isDisk != true else {
            throw Field.Wrong(
                description: "\(field.name) names the persistent disk \(volume): attach it instead")
        }
    }

    private static let reserved = [VMPlace.data, VMPlace.store, VMPlace.sys]
    /// What lies over the agent's settings.
    private static let parents = ["/", "/var", "/var/vcap", VMPlace.bosh]

    /// Nothing may lie over the places that belong to agent and CPI.
    static func requireAllowed(_ destination: String, _ field: Field) throws {
        let hints = String(DiskCID.hints.dropLast())
        let isTaken =
            (reserved + parents + [hints]).contains(destination)
            || [hints, VMPlace.bosh, VMPlace.sys].contains { destination.hasPrefix($0 + "/") }
        guard !isTaken else {
            throw Field.Wrong(
                description: "\(field.name) must not be mounted at \(destination): that place "
                    + "belongs to the VM's agent")
        }
    }
}

extension VMProperties {
    /// Where volumes are asked for without a name. `declared`: by the stemcell's image.
    func unnamedVolumes(declared: [String]) -> [String] { mounts.unnamed(declared: declared) }

    /// Throws `Field.Wrong` for a mount that would lie over the agent's settings.
    func requireUncovered(_ settings: String) throws {
        let tmpfs = [resources.hostConfig["Tmpfs"], hostConfig["Tmpfs"]]
            .flatMap { $0?.object?.keys.map(UnixPath.cleaned) ?? [] }
        let over = (mounts.destinations + tmpfs).first {
            settings == $0 || settings.hasPrefix($0 + "/")
        }
        guard let over else { return }
        throw Field.Wrong(
            description:
                "cloud_properties must mount nothing at \(over): it would lie over the agent's settings, "
                + settings)
    }

    /// Throws `Field.Wrong` for what belongs to other VMs, and for another network than `network`,
    /// the first one that the VM is to be on.
    func requireNothingForeign(_ world: World, network: String) throws {
        try mounts.requireNothingForeign(world)
        let mode = hostConfig["NetworkMode"]?.string ?? network
        guard mode == network else {
            throw Field.Wrong(
                description: "cloud_properties.NetworkMode is not allowed: the VM's networks say "
                    + "where it is connected")
        }
    }
}
