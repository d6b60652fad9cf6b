import Engine

/// What a Docker daemon says of itself, as far as it decides whether VMs can run there.
struct DaemonKind {
    /// Why no VM can be made there, as the end of a sentence; nil where they can.
    let obstacle: String?
    /// What is worth telling an operator although nothing is wrong; nil when that is nothing.
    let remark: String?

    /// From `GET /info`.
    init(_ info: JSON) {
        let options = (info["SecurityOptions"].array ?? []).compactMap(\.string)
        func has(_ name: String) -> Bool {
            options.contains { $0.split(separator: ",").contains("name=\(name)") }
        }
        // In a user namespace not even a privileged container may mount disks or make device nodes.
        if has("rootless") {
            obstacle = "Docker runs rootless there, and a VM needs a root that may mount its disks"
        } else if has("userns") {
            obstacle =
                "Docker maps users there (userns-remap), which excludes the privileged containers "
                + "that VMs are"
        } else {
            obstacle = nil
        }
        remark =
            info["OperatingSystem"].string == "Docker Desktop"
            ? "Docker Desktop: containers are in a virtual machine, and a director outside of it "
                + "reaches no VM by its address, only by ports that are published"
            : nil
    }

    /// "1" or "2"; nil when it does not say.
    static func cgroupVersion(_ info: JSON) -> String? { info["CgroupVersion"].string }

    /// What kind of file system Docker's data are on: `GET /info` names it "Backing Filesystem".
    static func backingFileSystem(_ info: JSON) -> String? {
        (info["DriverStatus"].array ?? []).compactMap(\.array).first {
            $0.first?.string == "Backing Filesystem"
        }?.last?.string
    }
}

extension DaemonKind {
    /// One line for `doctor`: what is wrong, or worth knowing.
    var line: (isWell: Bool, words: String)? {
        (obstacle ?? remark).map { (obstacle == nil, $0) }
    }
}
