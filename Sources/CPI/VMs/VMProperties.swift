import Engine

/// create_vm's cloud_properties. Names of Docker's HostConfig, in any spelling, and others that begin with a
/// capital are passed on as they are, unless they would break what the CPI promises; further names that
/// are not ours are ignored, with a warning.
struct VMProperties {
    var resources: VMResources
    /// Published by the host.
    var ports: [PublishedPort]
    var systemd: Bool?
    var lxcfs: Bool?
    var hostConfig: [String: JSON]
    var mounts: VMMounts
    /// Names that mean nothing here, sorted: for another CPI, or misspelt.
    var unknown: [String]

    init(_ given: Field) throws {
        _ = try given.optional { try $0.object() }
        let ours = VMProperties.known.union(VMResources.keys)
        let field = try HostConfigNames.spelled(given, besides: ours)
        let members = field.value.object ?? [:]
        resources = try VMResources(field)
        // Not enforced: a local volume has no size. Other CPIs take an object, from the same cloud-config.
        _ = try field.member("ephemeral_disk").optional {
            $0.value.object == nil ? try $0.int(1...(1 << 40)) : 0
        }
        ports =
            try field.member("ports").optional { try PublishedPort.parseAll($0) } ?? []
        systemd = try VMProperties.either(
            field, "force_start_with_systemd", "force_start_without_systemd")
        lxcfs = try VMProperties.either(field, "force_lxcfs_enabled", "force_lxcfs_disabled")
        hostConfig = members.filter { $0.key.first?.isUppercase ?? false }
        unknown = Set(members.keys).subtracting(hostConfig.keys).subtracting(ours).sorted()
        mounts = try VMMounts(field)
        _ = try field.member("PortBindings").optional { try $0.object() }
        for place in try field.member("Tmpfs").optional({ try $0.members() }) ?? [] {
            try VMMounts.requireAllowed(UnixPath.cleaned(place.key), place.field)
        }
        try VMProperties.refuseWhatBreaksThePromise(field)
    }

    func isPrivileged(_ configuration: Configuration) -> Bool {
        hostConfig["Privileged"]?.bool ?? configuration.privileged
    }

    /// A container that Docker deletes when it stops cannot be replaced, nor started again.
    private static func refuseWhatBreaksThePromise(_ field: Field) throws {
        if try field.member("AutoRemove").optional({ try $0.bool() }) == true {
            throw Field.Wrong(
                description: "\(field.name).AutoRemove is not allowed: Docker would delete the VM "
                    + "when it stops")
        }
        if try field.member("ContainerIDFile").optional({ try $0.string() })?.isEmpty == false {
            throw Field.Wrong(description: "\(field.name).ContainerIDFile is not allowed")
        }
    }

    /// Docker drops the fields of a HostConfig that it does not know, without a word: a misspelt limit is
    /// none. What it knows stands in the container that was made, whatever its capitals.
    func warnOfIgnored(by container: Container, _ world: World) {
        let known = Set((container.json["HostConfig"].object ?? [:]).keys.map { $0.lowercased() })
        for (key, value) in hostConfig.sorted(by: { $0.key < $1.key })
        where !value.isNothing && !known.contains(key.lowercased()) {
            world.warn("Docker does not know cloud_properties.\(key): it has no effect")
        }
    }

    private static let known: Set<String> = [
        "ephemeral_disk", "ports", "force_start_with_systemd",
        "force_start_without_systemd", "force_lxcfs_enabled", "force_lxcfs_disabled",
    ]

    /// True for the first key, false for the second, nil for neither; both are a contradiction.
    private static func either(_ field: Field, _ yes: String, _ no: String) throws -> Bool? {
        let isYes = try field.member(yes).optional { try $0.bool() } ?? false
        let isNo = try field.member(no).optional { try $0.bool() } ?? false
        guard !(isYes && isNo) else {
            throw Field.Wrong(description: "\(field.name) has both \(yes) and \(no)")
        }
        return isYes ? true : isNo ? false : nil
    }
}

extension JSON {
    /// What Docker leaves out of its answers.
    fileprivate var isNothing: Bool {
        [.null, "", 0, false, [], [:]].contains(self)
    }
}
