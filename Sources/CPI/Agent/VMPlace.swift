/// Places in a VM that agent and CPI agree on (docs/contract.md §5). The VM's scripts spell them
/// out.
enum VMPlace {
    /// Where the VM's own (ephemeral) volume is mounted.
    static let data = "/var/vcap/data"
    /// Where the agent mounts a persistent disk.
    static let store = "/var/vcap/store"
    /// A link that the agent makes, into its data: what is mounted there makes it a directory, and the agent fails.
    static let sys = "/var/vcap/sys"
    /// The agent's own files, and those that the CPI leaves for it.
    static let bosh = "/var/vcap/bosh"
    /// The settings that the director has sent the agent last.
    static let updateSettings = bosh + "/update_settings.json"
}
