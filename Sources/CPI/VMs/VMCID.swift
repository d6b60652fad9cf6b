import Journal

/// The name of a VM: of its container, and the stem of the names of all that belongs to it.
///
/// This file is the only one that makes or reads such names.
struct VMCID: CID {
    static let kind = Subject.Kind.vm
    static let prefix = "vm-"

    let description: String

    init(_ name: String) { description = name }

    init(_ field: Field) throws { description = try field.dockerName() }

    /// Made by the Go CPI, which sets no labels: its names are all there is to know its VMs by.
    var isGoCPIs: Bool { description.isUUID(after: "c-") }

    private enum Ending {
        static let replacement = ".next"
        static let old = ".old-"
        static let ephemeralVolume = "-ephemeral"
        static let furtherVolume = "-volume-"
        static let mark = ".op"
    }

    /// How the Go CPI begins the name of a VM's volume.
    private static let goCPIsVolume = "vol-eph-"

    // Containers.

    /// create_vm's container until it is complete: the rename to the CID says that it is.
    var incomplete: String { "\(self)\(Unfinished.suffix)" }
    /// The container that is to take over from the present one.
    var replacement: String { "\(self)\(Ending.replacement)" }
    /// A container of the VM that another one has replaced, and that is kept for now.
    func old(_ id: String) -> String { "\(self)\(Ending.old)\(id.prefix(12))" }

    // Volumes.

    /// The volume at /var/vcap/data.
    var ephemeralVolume: String { "\(self)\(Ending.ephemeralVolume)" }
    /// The Go CPI's name for it.
    var goCPIsEphemeralVolume: String { "\(VMCID.goCPIsVolume)\(self)" }
    /// A volume that the stemcell or the cloud_properties ask for without naming it.
    func furtherVolume(_ number: Int) -> String { "\(self)\(Ending.furtherVolume)\(number)" }
    /// The volume that says in Docker which operation is at work on this VM.
    var mark: String { "\(self)\(Ending.mark)" }

    // Images.

    /// The image of the writable layer, as an operation found it.
    func committedImage(_ operation: String) -> String { "\(self):\(operation)" }
}

extension VMCID {
    /// What a name says of the thing that has it.
    enum Role: Equatable {
        case vm, incomplete, replacement
        /// The first digits of the container's id.
        case old(id: String)
        case ephemeralVolume, furtherVolume, mark
        /// The operation that committed it.
        case committedImage(operation: String)

        var isOld: Bool { if case .old = self { true } else { false } }
        var isCommittedImage: Bool { if case .committedImage = self { true } else { false } }
    }

    /// Whose name it is and what for; nil for a name that is none of ours, nor the Go CPI's.
    static func role(of name: String) -> (vm: VMCID, role: Role)? {
        if name.hasPrefix(goCPIsVolume) {
            let vm = VMCID(String(name.dropFirst(goCPIsVolume.count)))
            return vm.isGoCPIs ? (vm, .ephemeralVolume) : nil
        }
        guard let (vm, role) = parts(of: name), name.hasPrefix(prefix) || vm.isGoCPIs else {
            return nil
        }
        return (vm, role)
    }

    /// What a name would say if it were a VM's.
    private static func parts(of name: String) -> (vm: VMCID, role: Role)? {
        if let (stem, tag) = split(name, at: ":") {
            // `docker commit VM VM:backup` is somebody's own, though it inherits the VM's label.
            return OperationID.isID(tag) ? (stem, .committedImage(operation: tag)) : nil
        }
        if let (stem, id) = split(name, at: Ending.old) { return (stem, .old(id: id)) }
        if let (stem, number) = split(name, at: Ending.furtherVolume), Int(number) != nil {
            return (stem, .furtherVolume)
        }
        let suffixes: [(String, Role)] = [
            (Unfinished.suffix, .incomplete), (Ending.replacement, .replacement),
            (Ending.mark, .mark),
            (Ending.ephemeralVolume, .ephemeralVolume),
        ]
        for (suffix, role) in suffixes where name.hasSuffix(suffix) {
            return (VMCID(String(name.dropLast(suffix.count))), role)
        }
        return (VMCID(name), .vm)
    }

    /// The role of a name that belongs to this VM; nil for any other name. A CID that a director
    /// was given elsewhere need not begin as ours do.
    func role(of name: String) -> Role? {
        if name == description { return .vm }
        if name == incomplete { return .incomplete }
        if name == replacement { return .replacement }
        if name.hasPrefix(old("")) { return .old(id: String(name.dropFirst(old("").count))) }
        guard let (vm, role) = VMCID.role(of: name), vm == self else { return nil }
        return role
    }

    /// A pattern for Docker's name filter: the containers of VMs that are incomplete.
    static let incompletePattern = "\\\(Unfinished.suffix)$"

    /// A pattern for Docker's name filter: the containers of the Go CPI's VMs, which have no labels.
    static let goCPIsPattern = "^/?c-"

    /// A pattern for Docker's name filter: in the name of each container of the VM, and hardly in another one. It is
    /// short because Docker compiles it anew for each name that it has: with 1,000 containers the whole name costs
    /// 25 ms, and with all its endings 50.
    var containerPattern: String {
        String(description.suffix(8)).replacing(".", with: "\\.")
    }

    private static func split(_ name: String, at mark: String) -> (VMCID, String)? {
        guard let range = name.firstRange(of: mark) else { return nil }
        return (VMCID(String(name[..<range.lowerBound])), String(name[range.upperBound...]))
    }
}
