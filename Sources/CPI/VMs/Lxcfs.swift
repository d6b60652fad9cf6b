import Engine

/// The memory of a VM as its processes see it: lxcfs on the host shows the VM's limit where the kernel
/// shows the host's memory.
///
/// Whether the host runs lxcfs is for Docker to say: it refuses to mount what is not there, as long as
/// it is asked by `Mounts`; by `Binds` it would make a directory on the host and fail later.
enum Lxcfs {
    private static let source = "/var/lib/lxcfs/proc/meminfo"
    static let target = "/proc/meminfo"

    /// The entry of `HostConfig.Mounts`.
    static let mount: JSON = [
        "Type": "bind", "Source": .string(source), "Target": .string(target),
    ]

    /// Whether an Engine has refused to create a container for want of it.
    static func isMissing(_ error: EngineError) -> Bool {
        error.status.map { $0 < 500 } == true && error.description.contains(source)
    }

    /// The error where a VM type has asked for it.
    static let missing = CPIError.cloud(
        "cloud_properties.force_lxcfs_enabled cannot be met: the Docker host has no "
            + "\(source); next: run lxcfs there, or leave the property out")

    /// The configuration has asked for it wherever it is there.
    static let warning =
        "enable_lxcfs_support is on, and the Docker host has no \(source): the VM sees the host's "
        + "memory"

    /// A body for create without it.
    static func removed(from spec: JSON) -> JSON {
        var copy = spec
        let mounts = (spec["HostConfig"]["Mounts"].array ?? []).filter { $0 != mount }
        copy["HostConfig"]["Mounts"] = mounts.isEmpty ? .null : .array(mounts)
        return copy
    }
}

extension World {
    /// Creates a VM's container. What Docker says that it cannot enforce is a warning, in the log and
    /// in the journal. Throws `EngineError`; `CPIError` for lxcfs that was asked for and is not there.
    func createVM(_ name: String, _ spec: JSON, requiresLxcfs: Bool) throws {
        let made: (id: String, warnings: [String])
        do {
            made = try engine.createContainer(name, spec)
        } catch let error as EngineError where Lxcfs.isMissing(error) {
            guard !requiresLxcfs else { throw Lxcfs.missing }
            warn(Lxcfs.warning)
            made = try engine.createContainer(name, Lxcfs.removed(from: spec))
        }
        made.warnings.forEach(warn)
    }
}
