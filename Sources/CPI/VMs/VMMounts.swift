import Engine

/// What cloud_properties ask to be mounted in a VM: `volumes`, which are `Binds` by a name of ours, and
/// `Binds`, `Mounts` and `VolumesFrom`, as Docker knows them. Volumes that are asked for without a name
/// are given names of the VM's.
struct VMMounts {
    private let binds: [(field: Field, text: String)]
    private let entries: [Field]
    private let volumesFrom: [Field]

    /// Throws `Field.Wrong` naming the element for what is not of the right type, and for what would
    /// lie over the places that agent and CPI need.
    init(_ properties: Field) throws {
        binds =
            try ["Binds", "volumes"].flatMap { key in
                try properties.member(key).optional { try $0.array() } ?? []
            }.map { ($0, try $0.nonEmptyString()) }
        entries = (try properties.member("Mounts").optional { try $0.array() } ?? [])
            .map(VMMounts.withPath)
        volumesFrom = try properties.member("VolumesFrom").optional { try $0.array() } ?? []
        for bind in binds {
            guard ReplacementMounts.isBind(bind.text) else {
                throw Field.Wrong(
                    description:
                        "\(bind.field.name) must be PATH, VOLUME:PATH or VOLUME:PATH:OPTIONS")
            }
            try VMMounts.requireAllowed(
                ReplacementMounts.destination(ofBind: bind.text), bind.field)
        }
        for entry in entries {
            _ = try entry.object()
            _ = try entry.member("Target").nonEmptyString()
            try VMMounts.requireAllowed(VMMounts.target(entry) ?? "", entry)
        }
        for element in volumesFrom { _ = try element.nonEmptyString() }
    }

    /// Where volumes are asked for without a name, sorted. `declared`: by the stemcell.
    func unnamed(declared: [String]) -> [String] {
        let named = Set(
            binds.filter { $0.text.contains(":") }.map {
                ReplacementMounts.destination(ofBind: $0.text)
            } + entries.filter { !isUnnamed($0) }.compactMap(VMMounts.target))
        let asked =
            binds.map(\.text).filter { !$0.contains(":") }
            .map(ReplacementMounts.destination)
            + entries.filter(isUnnamed).compactMap(VMMounts.target)
        return Set(asked + declared).filter {
            !named.contains($0) && !VMMounts.reserved.contains($0)
        }.sorted()
    }

    /// `HostConfig.Binds`, with the names of the volumes for the places that have none.
    func binds(naming volumes: [String: String]) -> [String] {
        let targets = Set(entries.compactMap(VMMounts.target))
        let own = binds.map(\.text).filter { $0.contains(":") }
        let named = volumes.filter { !targets.contains($0.key) }.map { "\($0.value):\($0.key)" }
        return own + named.sorted()
    }

    /// `HostConfig.Mounts`, likewise.
    func mounts(naming volumes: [String: String]) -> [JSON] {
        entries.map { entry in
            guard isUnnamed(entry), let target = VMMounts.target(entry),
                let name = volumes[target]
            else { return entry.value }
            var copy = entry.value
            copy["Source"] = .string(name)
            return copy
        }
    }

    /// Throws `Field.Wrong` for a persistent disk, or for a volume of another VM.
    func requireNothingForeign(_ world: World) throws {
        for bind in binds where bind.text.contains(":") {
            try VMMounts.requireOrdinary(
                String(bind.text.prefix { $0 != ":" }), bind.field, world)
        }
        for entry in entries {
            try VMMounts.requireOrdinary(entry.member("Source").value.string ?? "", entry, world)
        }
        for element in volumesFrom {
            let name = String((element.value.string ?? "").prefix { $0 != ":" })
            guard let container = try world.engine.container(name) else { continue }
            for mount in container.mounts where mount.type == "volume" {
                try VMMounts.requireOrdinary(mount.name, element, world)
            }
        }
    }

    /// Manifests mount the socket that Docker's host is configured by: `unix:///run/docker.sock`.
    private static func withPath(_ entry: Field) -> Field {
        let scheme = "unix://"
        guard let source = entry.value["Source"].string, source.hasPrefix(scheme) else {
            return entry
        }
        var value = entry.value
        value["Source"] = .string(String(source.dropFirst(scheme.count)))
        return Field(name: entry.name, value: value)
    }

    private static func target(_ entry: Field) -> String? {
        entry.member("Target").value.string.map(ReplacementMounts.cleaned)
    }

    private func isUnnamed(_ entry: Field) -> Bool {
        entry.member("Type").value.string == "volume"
            && (entry.member("Source").value.string ?? "").isEmpty
    }

    /// `source`: a volume's name, or a path of the host.
    private static func requireOrdinary(_ source: String, _ field: Field, _ world: World) throws {
        guard let volume = source.hasPrefix("/") ? volume(at: source) : source, !volume.isEmpty
        else { return }
        // delete_vm could not tell it from those, and would remove it.
        guard !Container.Mount.isAnonymous(volume) else {
            throw Field.Wrong(
                description: "\(field.name) names a volume that Docker has named (64 hexadecimal "
                    + "digits), and such volumes go with their VM: make one with a name")
        }
        if let (vm, role) = VMCID.role(of: volume),
            [.ephemeralVolume, .furtherVolume].contains(role)
        {
            throw Field.Wrong(description: "\(field.name) names a volume of VM \(vm)")
        }
        let present = try world.engine.volume(volume)
        guard present?.labels.label(Label.snapshot) == nil else {
            throw Field.Wrong(
                description:
                    "\(field.name) names the snapshot \(volume): make a disk of it instead "
                    + "(create_disk with cloud_properties.snapshot)")
        }
        guard present?.isDisk != true else {
            throw Field.Wrong(
                description: "\(field.name) names the persistent disk \(volume): attach it instead")
        }
    }

    /// Docker keeps a local volume at `…/volumes/NAME/_data`. Nil for any other path.
    private static func volume(at path: String) -> String? {
        let parts = path.split(separator: "/")
        guard let data = parts.firstIndex(of: "_data"), data > 1, parts[data - 2] == "volumes"
        else {
            return nil
        }
        return String(parts[data - 1])
    }

    private static let reserved = [VMPlace.data, VMPlace.store]
    /// What lies over the agent's settings.
    private static let parents = ["/", "/var", "/var/vcap", VMPlace.bosh]

    /// Nothing may lie over the places that belong to agent and CPI.
    static func requireAllowed(_ destination: String, _ field: Field) throws {
        let hints = String(DiskCID.hints.dropLast())
        let isTaken =
            (reserved + parents + [hints]).contains(destination)
            || destination.hasPrefix(DiskCID.hints) || destination.hasPrefix(VMPlace.bosh + "/")
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
