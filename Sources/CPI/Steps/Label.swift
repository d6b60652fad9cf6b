import Engine

/// Every object in Docker says whose it is and what for: how leftovers are known without a journal.
enum Label {
    /// On all that is made: the operation that has made it, which alone may take it back.
    static let operation = "io.bosh.cpi.operation"
    static let version = "io.bosh.cpi.version"
    /// On marks, on containers that copy, and on the one that a stemcell is committed from: the operation's whole
    /// plan, for recovery without a journal. Marks and copiers have its method as well.
    static let plan = "io.bosh.cpi.plan"
    static let method = "io.bosh.cpi.method"
    /// The director's UUID, where its call said one.
    static let director = "io.bosh.director"
    static let agent = "io.bosh.agent_id"
    /// On all that belongs to a VM, its CID. An image that was committed from it has it too.
    static let vm = "io.bosh.vm"
    /// On a disk, its pin and its keeper: the disk's CID.
    static let disk = "io.bosh.disk"
    /// On a stemcell's image: its CID. On a VM it is empty: see `stemcellOfVM`.
    static let stemcell = "io.bosh.stemcell"
    /// On a VM, through all its replacements: the CID of the stemcell that it was made from.
    static let stemcellOfVM = "io.bosh.vm.stemcell"
    /// What a stemcell says of itself.
    static let stemcellName = "io.bosh.stemcell.name"
    static let stemcellVersion = "io.bosh.stemcell.version"
    static let stemcellOS = "io.bosh.stemcell.os"
    /// A tag that the director gives to a stemcell, by its key.
    static func tag(_ key: String) -> String { "io.bosh.tag.\(key)" }
    /// What was seen inside a stemcell: `StemcellContents`.
    static let system = "io.bosh.stemcell.os_release"
    static let architecture = "io.bosh.stemcell.architecture"
    static let initSystem = "io.bosh.stemcell.init"
    /// On a VM as well: where its agent reads its settings.
    static let settingsPath = "io.bosh.stemcell.settings_path"
    /// On a disk: what was asked for at create_disk. A later resize is in the journal.
    static let sizeMiB = "io.bosh.disk.size_mib"
    static let createdAt = "io.bosh.created_at"
    /// Where its operation was begun: a `Place`.
    static let host = "io.bosh.cpi.host"
    /// On a replacement: the id of the container that it replaces.
    static let replaces = "io.bosh.replaces"
    /// What the director said last when the container was made. A later word of it is in the journal.
    static let metadata = "io.bosh.metadata"
    /// On a VM: the API version of its stemcell; a caller that says none means 1.
    static let stemcellAPIVersion = "io.bosh.stemcell.api_version"
    /// On a VM: what of its HostConfig an Engine may not show. See `UnshownHostConfig`.
    static let unshown = "io.bosh.vm.host_config"
    /// On a VM's volumes: Docker's storage driver when they were made. See `World.hiding`.
    static let storageDriver = "io.bosh.cpi.storage_driver"
    /// On a network that a director manages: its CID.
    static let network = "io.bosh.network"
    /// On a VM: the addresses of its VIP networks, with commas between them.
    static let vip = "io.bosh.vip"
    /// On a committed image and on the replacement made from it: the old container's `endOfRun` at
    /// the commit. Another one now means that it has run since.
    static let endOfOld = "io.bosh.cpi.finished_at"
    /// On a committed image: what its container was made from.
    static let blueprint = "io.bosh.cpi.blueprint"

    /// On a disk's pin: the CID of the VM that it is attached to; empty on a disk's keeper.
    static let pinnedTo = "io.bosh.disk.pinned_to"

    /// On a snapshot and its record: the snapshot's CID.
    static let snapshot = "io.bosh.snapshot"
    /// The disk that it is a copy of.
    static let snapshotOf = "io.bosh.snapshot.disk"
    /// On a snapshot's record: "one moment", or what else it is.
    static let moment = "io.bosh.snapshot.moment"
    /// How many files, directories and all else it has.
    static let entries = "io.bosh.snapshot.entries"
    /// The sizes of its files together.
    static let bytes = "io.bosh.snapshot.bytes"
    /// Milliseconds for which the VM was paused.
    static let pausedFor = "io.bosh.snapshot.paused_ms"
    /// On a copier: the volume that it reads. On a disk made from a snapshot: that snapshot.
    static let copyOf = "io.bosh.cpi.copy_of"

    /// A commit hands the container's labels to its image, and the image to each container made
    /// from it: so each object sets all of these, empty where they do not apply.
    private static let inherited = [
        operation, version, director, agent, vm, disk, stemcell, sizeMiB, createdAt, replaces,
        metadata, host, endOfOld, blueprint, vip, stemcellAPIVersion, unshown,
    ]

    /// Who made what bears these labels, in words.
    static func maker(_ labels: [String: String]) -> String {
        labels.label(operation).map { "operation \($0)" } ?? "somebody unknown"
    }

    /// Whether a container has its labels from a committed image as they are: somebody has run the image by
    /// hand, to look into it. Whatever the CPI makes from one has an empty blueprint of its own.
    static func isRunByHand(_ labels: [String: String]) -> Bool {
        labels.label(blueprint) != nil
    }

    /// The labels of a new container or image: `own`, those that say who made it, the rest empty.
    static func complete(_ own: [String: String], _ world: World) -> [String: String] {
        var labels = Dictionary(uniqueKeysWithValues: inherited.map { ($0, "") })
        labels.merge(made(own, world)) { _, ours in ours }
        return labels
    }

    /// The labels of a new volume or network, which inherit nothing.
    static func made(_ own: [String: String], _ world: World) -> [String: String] {
        var labels = own
        labels[operation] = world.operation
        labels[version] = Version.number
        if let director = world.request.director { labels[Label.director] = director }
        labels[createdAt] = world.timestamp
        labels[host] = "\(world.locks.place)"
        return labels
    }
}

extension [String: String] {
    /// What a label says; nil when it is empty as well, which is how a container or an image takes back what it
    /// has inherited.
    func label(_ name: String) -> String? { self[name].flatMap { $0.isEmpty ? nil : $0 } }
}

extension Place {
    /// Where the operation was begun that has made what bears these labels; nil when they do not tell.
    init?(_ labels: [String: String]) {
        guard let place = labels.label(Label.host).flatMap({ Place($0) }) else { return nil }
        self = place
    }
}

extension ContainerSummary {
    /// The VM that it is of, by its label; by its name where it has none.
    var vm: VMCID? {
        labels.label(Label.vm).map { VMCID($0) }
            ?? names.compactMap { VMCID.role(of: $0)?.vm }.first
    }
}

extension Container {
    /// The VM that it is of, by its label; by its name where it has none.
    var vm: VMCID? { labels.label(Label.vm).map { VMCID($0) } ?? VMCID.role(of: name)?.vm }
}
