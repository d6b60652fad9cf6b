import Engine

extension World {
    /// Whether the disk is a mount point of its own inside the running container. Docker goes on
    /// listing a mount that the agent has unmounted.
    func isMounted(_ disk: DiskCID, in container: String) throws -> Bool {
        let result: ExecResult
        do {
            result = try engine.exec(container, ["cat", "/proc/self/mountinfo"], seconds: 10)
        } catch let error as EngineError where error.isConflict {
            return false  // not running
        }
        return result.output.split(separator: "\n").contains {
            $0.split(separator: " ").dropFirst(4).first.map(String.init) == disk.hint
        }
    }

    /// Removes the containers that this VM's present one has replaced.
    func removeAsides(_ vm: VMCID) throws {
        for container in try otherContainers(vm) where container.name.hasPrefix("\(vm).old-") {
            try removeContainer(container.id)
        }
    }

    /// Removes the committed images of a VM that no container is made from any more.
    func removeUnusedImages(_ vm: VMCID) throws {
        let current = try engine.container(vm.description)?.image
        for tag in try committedImages(vm) where tag != current {
            do {
                try removeImage(tag)
            } catch let error as EngineError where error.isConflict {
                continue  // in use
            }
        }
    }

    func committedImages(_ vm: VMCID) throws -> [String] {
        try engine.imageTags([
            "reference": [vm.description], "label": ["\(Label.vm)=\(vm)"],
        ]).filter { $0.hasPrefix("\(vm):") }
    }
}
