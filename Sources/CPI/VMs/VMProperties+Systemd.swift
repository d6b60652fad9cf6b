import Engine

/// The init of most stemcells.
enum Systemd {
    /// It ends in order for this one, and not for SIGTERM (systemd(1), Signals).
    static let stopSignal = "SIGRTMIN+3"
}

extension VMProperties {
    /// Whether process 1 of the VM is systemd: the VM's cloud_properties decide, else the configuration,
    /// else what was seen in the stemcell. One that was made without a look is started as the Go CPI
    /// does it, with runit.
    func startsWithSystemd(_ stemcell: Image, _ configuration: Configuration) -> Bool {
        let seen = stemcell.labels[Label.initSystem].flatMap(StemcellContents.InitSystem.init)
        return systemd ?? configuration.startWithSystemd ?? (seen == .systemd)
    }
}
