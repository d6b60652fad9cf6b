import Engine

/// Docker reads the names of a HostConfig without regard to capitals, and so did the Go CPI: manifests have
/// `mounts` for `Mounts`. Names are brought to Docker's spelling here, before anything is looked up by them.
enum HostConfigNames {
    /// cloud_properties in Docker's spelling, but for the names that are `ours`. Throws `Field.Wrong` for a
    /// name that is there in two spellings.
    static func spelled(_ properties: Field, besides ours: Set<String>) throws -> Field {
        var result = try spelled(properties, hostConfig, besides: ours)
        if let mounts = result.value["Mounts"].array {
            let spelled = try Field(name: "\(result.name).Mounts", value: .array(mounts)).array()
                .map { try HostConfigNames.spelled($0, mount, besides: []).value }
            var value = result.value
            value["Mounts"] = .array(spelled)
            result = Field(name: result.name, value: value)
        }
        return result
    }

    /// A network's cloud_properties, which the Go CPI read in the same way.
    static func spelled(network: Field) throws -> Field {
        try spelled(network, NetworkProperties.known, besides: [])
    }

    private static func spelled(
        _ field: Field, _ names: [String: String], besides ours: Set<String>
    ) throws -> Field {
        guard let members = field.value.object else { return field }
        var result: [String: JSON] = [:]
        for (key, value) in members.sorted(by: { $0.key < $1.key }) {
            let name = ours.contains(key) ? key : names[key.lowercased()] ?? key
            guard result[name] == nil else {
                throw Field.Wrong(
                    description: "\(field.name) has \(name) in two spellings: they mean the same")
            }
            result[name] = value
        }
        return Field(name: field.name, value: .object(result))
    }

    static func byLowercase(_ names: String) -> [String: String] {
        Dictionary(
            uniqueKeysWithValues: names.split { $0 == " " || $0 == "\n" }
                .map { ($0.lowercased(), String($0)) })
    }

    /// API v1.51. https://docs.docker.com/reference/api/engine/version/v1.51/#tag/Container
    private static let hostConfig = byLowercase(
        """
        Annotations AutoRemove Binds BlkioDeviceReadBps BlkioDeviceReadIOps BlkioDeviceWriteBps
        BlkioDeviceWriteIOps BlkioWeight BlkioWeightDevice CapAdd CapDrop Cgroup CgroupParent CgroupnsMode
        ConsoleSize ContainerIDFile CpuCount CpuPercent CpuPeriod CpuQuota CpuRealtimePeriod
        CpuRealtimeRuntime CpuShares CpusetCpus CpusetMems DeviceCgroupRules DeviceRequests Devices Dns
        DnsOptions DnsSearch ExtraHosts GroupAdd IOMaximumBandwidth IOMaximumIOps Init IpcMode Isolation
        KernelMemory KernelMemoryTCP Links LogConfig MaskedPaths Memory MemoryReservation MemorySwap
        MemorySwappiness Mounts NanoCpus NetworkMode OomKillDisable OomScoreAdj PidMode PidsLimit PortBindings
        Privileged PublishAllPorts ReadonlyPaths ReadonlyRootfs RestartPolicy Runtime SecurityOpt ShmSize
        StorageOpt Sysctls Tmpfs UTSMode Ulimits UsernsMode VolumeDriver VolumesFrom
        """)

    /// Of an element of `Mounts`.
    private static let mount = byLowercase(
        """
        BindOptions ClusterOptions Consistency ImageOptions ReadOnly Source Target TmpfsOptions Type
        VolumeOptions
        """)
}
