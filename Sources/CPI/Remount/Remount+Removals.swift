import Engine

/// What settling a replacement takes away, in the words of `Removals`.
extension Remount {
    func removals(_ action: Action, _ world: World) throws -> [String] {
        guard [.replace, .remnant].contains(change) else { return [] }
        let carriers = try Carriers.look(self, world)
        switch action {
        case .back: return back(carriers)
        case .forward: return try forward(carriers, world)
        case .superseded, .close, .park:
            let next = carriers.replacementContainer
            guard let next, carriers.replacement == .fresh, carriers.old != .absent,
                next.name != vm.description
            else { return [] }
            return ["container \(next.title), which never ran"]
        }
    }

    private func back(_ carriers: Carriers) -> [String] {
        // Beside no old container it is the last copy, and kept.
        guard carriers.old != .absent else { return [] }
        var found: [String] = []
        if let next = carriers.replacementContainer {
            switch carriers.replacement {
            case .fresh: found.append("container \(next.title), which never ran")
            case .ran:
                found.append("container \(next.title), if nobody starts it or the old one again")
            case .running, .absent: break
            }
        }
        if carriers.image != .absent {
            found.append("image \(image), if no container is made from it")
        }
        return found
    }

    private func forward(_ carriers: Carriers, _ world: World) throws -> [String] {
        var found: [String] = []
        if let former = carriers.oldContainer, !carriers.haveBothRun {
            found.append(
                "container \(former.title), if the VM's agent is up then: the replacement holds all "
                    + "that it holds")
        }
        // Made of an older state than the VM's last one.
        if let next = carriers.replacementContainer, carriers.replacement == .fresh,
            carriers.image != .current, carriers.old != .absent
        {
            found.append(
                "container \(next.title), which never ran, if the VM's state is committed anew")
        }
        found += try world.containers(of: vm).compactMap { member in
            guard case .old = member.role, member.id != old,
                let container = try world.engine.container(member.id),
                container.id != carriers.replacementContainer?.id
            else { return nil }
            return "container \(container.title), if another container holds all that it holds"
        }
        // The replacement is made from its own.
        let images = try world.committedImages(vm).filter { $0 != image }
        return found + images.map { "image \($0), if no container is made from it" }
    }
}
