import Engine

/// The file that the agent reads at every start: contract §3. Holds secrets: it goes into the
/// container and nowhere else.
enum AgentSettings {
    /// Where the agents of stemcells for Warden and Docker read it.
    static let usualPath = VMPlace.bosh + "/warden-cpi-agent-env.json"

    /// What its name ends with while it is written beside the one that an agent reads.
    static let temporary = Unfinished.suffix
    /// The longest path that it may have, in bytes: what an archive for the container takes.
    static let longestPath = Tar.longestPath + "/".count - temporary.count

    /// Where an agent reads it: as configured, else as the labels of its stemcell or VM say.
    static func path(_ labels: [String: String], _ configuration: Configuration) -> String {
        let seen = labels.label(Label.settingsPath)
        return configuration.agentSettingsPath ?? seen ?? usualPath
    }

    /// `env` and `networks` reach the agent as the director gave them; each network is marked as
    /// configured, for Docker has done that.
    static func json(
        _ vm: VMCID, agent: String, networks: Field, env: JSON, _ configuration: Configuration.Agent
    ) throws -> JSON {
        var settings: JSON = [
            "agent_id": .string(agent),
            "vm": ["name": .string(vm.description), "id": .string(vm.description)],
            "mbus": .string(configuration.mbus),
            "ntp": JSON(configuration.ntp),
            "networks": .object(
                try networks.object().mapValues { network in
                    var copy = network
                    copy["preconfigured"] = true
                    return copy
                }),
            // system is a string for the agent. No persistent: from stemcell API version 2 on the
            // agent is told of disks by the director, and a stale entry keeps it from booting.
            "disks": ["system": "", "ephemeral": .null, "persistent": [:]],
            "env": env,
        ]
        if let blobstore = configuration.blobstore { settings["blobstore"] = blobstore }
        return settings
    }
}

extension Container {
    /// Where the VM's agent reads its settings: its own label says it; a VM of another version has none.
    func settingsPath(_ configuration: Configuration) -> String {
        labels.label(Label.settingsPath) ?? AgentSettings.path([:], configuration)
    }
}
