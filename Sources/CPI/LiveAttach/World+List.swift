import Engine

/// The list of a VM's disks, in a container that does not run.
extension World {
    /// A file cannot be removed from such a container: the entry script does it.
    func takeFromList(_ disk: DiskCID, in container: String) throws {
        let attacher = try engine.readFile(container, path: LiveScript.attacher(of: disk))
        let word = attacher.map { String(decoding: $0, as: UTF8.self) }
        try engine.writeFile(
            container, path: LiveScript.entry(disk),
            content: LiveScript.detached(word?.split(separator: "\n").first.map(String.init)))
    }

    /// Gives a container that was replaced the VM's name back. It mounts the disks on its list when it starts: one that is
    /// another VM's by now, or that is gone, is taken from the list before.
    func giveNameBack(_ container: Container, of vm: VMCID) throws {
        if !container.isRunning { try takeLostDisks(fromListOf: container, vm) }
        try engine.renameContainer(container.id, to: vm.description)
    }

    private func takeLostDisks(fromListOf container: Container, _ vm: VMCID) throws {
        let names = try engine.fileNames(container.id, directory: LiveScript.list)
        for disk in names.map({ DiskCID($0) }) where try isListed(disk, in: container.id) {
            guard let why = try whyLost(disk, vm) else { continue }
            try takeFromList(disk, in: container.id)
            warn("disk \(disk) is no longer VM \(vm)'s: \(why)")
        }
    }

    private func whyLost(_ disk: DiskCID, _ vm: VMCID) throws -> String? {
        guard try self.disk(disk) != nil else { return "it is gone" }
        return try anotherVM(with: disk, besides: vm).map { "VM \($0) has it by now" }
    }
}
