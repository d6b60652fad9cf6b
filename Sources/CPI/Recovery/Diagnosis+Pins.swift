import Engine

extension OperatorRecovery {
    /// Pins that are to run and do not: a prune may take disks that VMs have mounted. Changes nothing.
    /// Throws `EngineError`.
    func stoppedPins() throws -> [Finding] {
        try engine.containers(["label": [Label.pinnedTo]]).compactMap { summary in
            guard summary.state != "running", let pin = try engine.container(summary.id),
                pin.isIdlePin, let vm = pin.pinnedTo, try world.vm(vm) != nil
            else { return nil }
            return Finding(
                "pin \(pin.name)", .warn,
                "it does not run: a prune may take a disk that VM \(vm) has",
                advice: "docker start \(pin.name)")
        }
    }
}
