import Engine

/// A limit of a VM: what its container was made with, and what the kernel keeps it to.
public struct VMLimit: Sendable {
    public let name: String
    /// "none" where nothing was asked for.
    public let asked: String
    /// As the VM's own cgroup says it; nil when it does not run or does not show it.
    public let inForce: String?
}

extension Inspection {
    /// memory, cpus and processes. Asks the kernel inside a VM that runs. Throws `EngineError`.
    func limits(of container: Container) throws -> [VMLimit] {
        let host = container.json["HostConfig"]
        let memory = host["Memory"].int ?? 0
        let cpus = host["NanoCpus"].double ?? 0
        let pids = host["PidsLimit"].int ?? 0
        let inForce = try kernelLimits(container)
        return [
            VMLimit(
                name: "memory", asked: memory > 0 ? "\(memory >> 20) MiB" : "none",
                inForce: inForce["memory"].map(VMLimit.bytes)),
            VMLimit(
                name: "cpus", asked: cpus > 0 ? VMLimit.decimal(cpus / 1e9) : "none",
                inForce: inForce["cpu"].map(VMLimit.cpus)),
            VMLimit(
                name: "processes", asked: pids > 0 ? String(pids) : "none",
                inForce: inForce["pids"].map { $0 == "max" ? "none" : $0 }),
        ]
    }

    private func kernelLimits(_ container: Container) throws -> [String: String] {
        guard container.isRunning, !container.isPaused else { return [:] }
        let result: ExecResult
        do {
            result = try world.engine.exec(
                container.id, ["/bin/sh", "-c", VMLimit.script], seconds: 10)
        } catch let error as EngineError where error.isNotRunning {
            return [:]  // it has stopped since
        }
        var limits: [String: String] = [:]
        for line in result.output.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1).map(String.init)
            if parts.count == 2, limits[parts[0]] == nil { limits[parts[0]] = parts[1] }
        }
        return limits
    }
}

extension VMLimit {
    /// The files of cgroup version 2, else those of version 1.
    fileprivate static let script = """
        cd /sys/fs/cgroup 2>/dev/null || exit 0
        show() { for file in "$2" "$3"; do [ ! -r "$file" ] || { echo "$1=$(cat "$file")"; return; }; done; }
        show memory memory.max memory/memory.limit_in_bytes
        show pids pids.max pids/pids.max
        if [ -r cpu.max ]; then echo "cpu=$(cat cpu.max)"
        elif [ -r cpu/cpu.cfs_quota_us ]; then
          echo "cpu=$(cat cpu/cpu.cfs_quota_us) $(cat cpu/cpu.cfs_period_us)"
        fi
        """

    /// Version 1 says "none" as the largest number of pages there is.
    fileprivate static func bytes(_ text: String) -> String {
        guard let bytes = Int(text), bytes < 1 << 60 else { return "none" }
        return "\(bytes >> 20) MiB"
    }

    /// "QUOTA PERIOD" in microseconds; "max" and -1 are no limit.
    static func cpus(_ text: String) -> String {
        let parts = text.split(separator: " ").compactMap { Double($0) }
        guard parts.count == 2, parts[0] > 0, parts[1] > 0 else { return "none" }
        let cpus = parts[0] / parts[1]
        return cpus < 1e6 ? decimal(cpus) : "none"  // what the VM says may be any number
    }

    /// Two decimals at most.
    fileprivate static func decimal(_ number: Double) -> String {
        let hundredths = Int((number * 100).rounded())
        let rest = hundredths % 100
        guard rest > 0 else { return String(hundredths / 100) }
        let decimals = rest % 10 == 0 ? "\(rest / 10)" : rest < 10 ? "0\(rest)" : "\(rest)"
        return "\(hundredths / 100).\(decimals)"
    }
}
