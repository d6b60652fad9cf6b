import Engine
import Journal

/// A VM as Docker shows it, on one page.
public struct VMReport: Sendable {
    /// A Docker network that the VM is on.
    public struct Network: Sendable {
        public let name: String
        /// IPv4 first. Empty while the VM is stopped, unless they are static.
        public let addresses: [String]
        /// Empty where Docker shows none.
        public let mac: String
    }

    /// A persistent disk that the VM has.
    public struct Disk: Sendable {
        public let disk: String
        /// What was asked for last, in MiB; 0 when nobody said.
        public let sizeMiB: Int
        /// Where the VM's container was made with it; nil for one that was not.
        public let path: String?
        /// The VM mounts it by itself, for it was attached while the VM ran. Without this and without a path there is a
        /// pin alone: an attach_disk is at work, or was given up.
        public let isOnList: Bool
        /// running, stopped, or nil when it has no pin.
        public let pin: String?
        /// Docker has no such volume any more.
        public let isGone: Bool
    }

    public let cid: String
    /// The VM's container. Another name than the CID means that it is half replaced, or renamed.
    public let container: Container
    public let networks: [Network]
    public let limits: [VMLimit]
    public let disks: [Disk]
    /// What is kept beside the VM's own container, in words.
    public let beside: [String]
    /// Nil when it does not run, or is paused.
    public let isAgentUp: Bool?
    /// What set_vm_metadata said last.
    public let metadata: [String: String]
    /// The stemcell's CID; empty for a VM of the Go CPI.
    public let stemcell: String
    /// The agent's id; empty where no label says it.
    public let agent: String
}

extension Inspection {
    /// The CIDs of all VMs that Docker has a container or the last copy of. Throws `EngineError`.
    public func vmNames() throws -> [String] {
        let labelled = try engine.containers(.label(Label.vm)).compactMap {
            $0.labels[Label.vm]
        }
        let goCPIs = try engine.containers(["name": [VMCID.goCPIsPattern]]).flatMap(\.names)
            .compactMap { VMCID.role(of: $0)?.vm.description }
        let copied = try engine.imageTags(.label(Label.vm))
            .compactMap { VMCID.role(of: $0)?.vm.description }
        return Set(labelled + goCPIs + copied).filter { !$0.isEmpty }.sorted()
    }

    /// Looks at one VM. Changes nothing. Throws `CPIError` when there is no such VM, else `EngineError`.
    public func report(onVM text: String) throws -> VMReport {
        let cid = VMCID(text)
        let container = try container(ofVM: cid)
        let isActive = container.isRunning && !container.isPaused
        let isAgentUp = isActive ? try AgentProbe(world: world).isAgentUp(container) : nil
        let label = container.labels[Label.metadata] ?? ""
        let said = world.recorder.store.latestMetadata(of: cid) ?? label
        return VMReport(
            cid: text, container: container, networks: container.networks,
            limits: try limits(of: container), disks: try disks(of: cid, container),
            beside: try beside(cid, container), isAgentUp: isAgentUp,
            metadata: ((try? JSON(parsing: said.utf8)) ?? .null).strings,
            stemcell: container.labels[Label.stemcellOfVM] ?? "",
            agent: container.labels[Label.agent] ?? "")
    }

    /// Throws `CPIError` that says what is left of a VM without a container.
    func container(ofVM vm: VMCID) throws -> Container {
        if let container = try world.vm(vm) { return container }
        let mark = try world.engine.volume(vm.mark)
        guard let image = try vm.newest(of: world.committedImages(vm), mark) else {
            throw CPIError.vmNotFound(vm)
        }
        throw CPIError(
            kind: .vmNotFound,
            message:
                "VM \(vm) has no container any more, and image \(image) is the last copy of it; "
                + "next: cpi-admin orphans, which says what can be done")
    }

    func disks(of vm: VMCID, _ container: Container) throws -> [VMReport.Disk] {
        let mounted = Set(container.mountedDisks)
        let live = Set(try world.liveDisks(of: vm, in: container.id))
        var pins: [DiskCID: String] = [:]
        for pin in try world.pins(of: vm) {
            let runs = try world.engine.container(pin.id)?.isRunning == true
            pins[pin.disk] = runs ? "running" : "stopped"
        }
        return try mounted.union(live).union(pins.keys).sorted().map { disk in
            let volume = try world.engine.volume(disk.description)
            return VMReport.Disk(
                disk: disk.description,
                sizeMiB: volume.map { DiskSize.current(disk, $0, world) } ?? 0,
                path: mounted.contains(disk) ? disk.hint : nil, isOnList: live.contains(disk),
                pin: pins[disk], isGone: volume == nil)
        }
    }

    private func beside(_ vm: VMCID, _ container: Container) throws -> [String] {
        let all = try FactFinder(world: world, since: nil).lines(vm.subject)
        return all.filter { !$0.hasPrefix(container.name + " (") }
    }
}

extension Container {
    fileprivate var networks: [VMReport.Network] {
        endpoints.map { name, endpoint in
            let now = endpoint.addresses
            return VMReport.Network(
                name: name, addresses: now.isEmpty ? endpoint.askedAddresses : now,
                mac: endpoint.mac ?? "")
        }.sorted { $0.name < $1.name }
    }
}
