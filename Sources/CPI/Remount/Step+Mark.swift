import Engine

extension Step {
    /// Says in Docker what is going on, for whoever has no journal. Docker makes a name once: a
    /// mark of somebody else is a lock.
    static func mark(_ vm: VMCID, _ method: String, _ plan: some Encodable) -> Step {
        let name = vm.mark
        return Step(
            name: "mark \(vm)",
            do: { world in
                let text = try JSON(encoding: plan).text
                let labels = Label.made(
                    [Label.method: method, Label.plan: text, Label.vm: vm.description], world)
                var volume = try world.engine.createVolume(name, labels: labels)
                if volume.isHalfMade {
                    try world.removeVolume(name)
                    volume = try world.engine.createVolume(name, labels: labels)
                }
                guard world.made(volume.labels) else {
                    throw world.marked(vm, by: volume)
                }
            },
            verify: { try $0.madeVolume(name) != nil },
            undo: .by { try $0.removeMadeVolume(name) })
    }

    /// Nothing is going on with the VM any more; most often the last step.
    static func unmark(_ vm: VMCID, isLast: Bool = true) -> Step {
        Step(
            name: "unmark \(vm)", isTidying: isLast,
            do: { try $0.removeMadeVolume(vm.mark) },
            verify: { try $0.madeVolume(vm.mark) == nil },
            undo: .impossible)
    }
}

extension World {
    /// Whose mark is on the VM after an operation was taken back; empty for none. Another one's is told of where the VM is
    /// not as it was: that may be its doing.
    func markWords(_ vm: VMCID, differs: Bool) throws -> [String] {
        guard let mark = try engine.volume(vm.mark) else { return [] }
        guard !made(mark.labels) else { return ["its mark is left"] }
        return differs ? ["\(Label.maker(mark.labels)) has a mark on it"] : []
    }

    /// By an operation that is at work elsewhere, that was parked, or that no journal knows.
    fileprivate func marked(_ vm: VMCID, by mark: Volume) -> CPIError {
        if let elsewhere = Traces.trace(mark: mark).flatMap(begunElsewhere) {
            return CPIError.cloud("VM \(vm) has a mark: \(elsewhere)")
        }
        let known = mark.labels[Label.operation].flatMap { id in
            recorder.store.read { try $0.find(id) }
        }
        let why = known?.state == .parked ? known?.error : nil
        return CPIError.cloud(
            "\(Label.maker(mark.labels)) has left its mark on VM \(vm)"
                + (why.map { " (\($0))" } ?? "") + "; next: \(recovery(ofMark: mark))")
    }
}
