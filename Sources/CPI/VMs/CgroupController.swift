import Engine

/// The cgroup controllers that limits on a VM need, as far as a daemon on cgroup version 2 has them. On
/// version 1 this says nothing: there Docker's own warnings do.
public enum CgroupController: String, CaseIterable, Sendable {
    case memory, cpu, cpuset, io, pids

    /// Those that the daemon lacks, by its `GET /info`. What it does not tell of counts as there.
    static func missing(_ info: JSON) -> [CgroupController] {
        guard DaemonKind.cgroupVersion(info) == "2" else { return [] }
        return allCases.filter { controller in
            switch controller {
            case .memory: info["MemoryLimit"].bool == false
            case .cpu: info["CpuCfsQuota"].bool == false && info["CPUShares"].bool == false
            case .cpuset: info["CPUSet"].bool == false
            case .pids: info["PidsLimit"].bool == false
            // It has no field of its own. io.weight alone may be missing with the controller there.
            case .io:
                (info["Warnings"].array ?? []).contains {
                    $0.string?.contains("No io.max (rbps) support") == true
                }
            }
        }
    }

    /// Whether a VM that asks for nothing misses it. Cgroups that are handed on often have no cpuset.
    fileprivate var isForAllVMs: Bool { self != .cpuset }

    /// The HostConfig fields that it enforces. Docker drops such a limit with a warning, or not even that.
    fileprivate var fields: [String] {
        switch self {
        case .memory: ["Memory", "MemoryReservation", "MemorySwap"]
        case .cpu: ["NanoCpus", "CpuQuota", "CpuPeriod", "CpuShares"]
        case .cpuset: ["CpusetCpus", "CpusetMems"]
        case .pids: ["PidsLimit"]
        case .io:
            [
                "BlkioWeight", "BlkioWeightDevice", "BlkioDeviceReadBps", "BlkioDeviceWriteBps",
                "BlkioDeviceReadIOps", "BlkioDeviceWriteIOps",
            ]
        }
    }
}

extension VMProperties {
    /// Throws `Field.Wrong` for a limit that the daemon has no controller for, and warns of controllers
    /// that are missing and that nobody has asked for.
    func requireControllers(_ world: World) throws {
        let missing = CgroupController.missing(try world.engineInfo())
        for controller in missing {
            guard let name = limit(by: controller) else { continue }
            throw Field.Wrong(
                description:
                    "cloud_properties.\(name) cannot be enforced: the Docker daemon has no "
                    + "cgroup controller \(controller.rawValue)")
        }
        let missed = missing.filter(\.isForAllVMs)
        guard !missed.isEmpty else { return }
        let names = missed.map(\.rawValue).joined(separator: ", ")
        world.warn(
            "the Docker daemon has no cgroup controller for \(names): nothing limits VMs there")
    }

    /// The name of a limit that was asked for and that the controller would enforce.
    private func limit(by controller: CgroupController) -> String? {
        let own: String? =
            switch controller {
            case .memory: resources.hostConfig["Memory"] == nil ? nil : "memory"
            case .cpu: resources.hostConfig["NanoCpus"] == nil ? nil : "cpus"
            case .pids: resources.hostConfig["PidsLimit"] == nil ? nil : "pids_limit"
            case .cpuset, .io: nil
            }
        return own ?? controller.fields.first { isLimit(hostConfig[$0] ?? .null) }
    }

    /// 0, an empty list, an empty text, and -1 are Docker's ways to ask for none.
    private func isLimit(_ value: JSON) -> Bool {
        if let number = value.double { return number > 0 }
        if let text = value.string { return !text.isEmpty }
        return value.array?.isEmpty == false
    }
}

extension Inspection {
    /// The cgroup controllers that VMs need and the daemon lacks. Throws `EngineError`.
    public func missingControllers() throws -> [CgroupController] {
        CgroupController.missing(try world.engineInfo()).filter(\.isForAllVMs)
    }

    /// The daemon's cgroup version: "1" or "2"; nil when it does not say.
    public func cgroupVersion() throws -> String? {
        DaemonKind.cgroupVersion(try world.engineInfo())
    }
}
