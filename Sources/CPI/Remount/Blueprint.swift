import Engine

/// What a container is made from, kept as a label of the image committed from it: when somebody
/// removes the container, the VM can be made again from that image.
///
/// The environment is left out, for it may hold secrets: a commit hands it to the image.
enum Blueprint {
    /// The label's text for a container as inspect shows it; `policy`: that which it had before the operation; `live`: the
    /// disks that it mounts by its list, which inspect does not show.
    static func text(
        _ container: Container, policy: Remount.RestartPolicy, live: [DiskCID]
    ) -> String {
        var host = container.json["HostConfig"]
        host["RestartPolicy"] = [
            "Name": .string(policy.name), "MaximumRetryCount": JSON(policy.retries),
        ]
        var config = container.json["Config"]
        config["Env"] = .null
        let endpoints = container.endpoints.mapValues { endpoint in
            var kept: JSON = [:]
            for key in ["IPAMConfig", "Aliases", "DriverOpts", "GwPriority", "MacAddress"]
            where !endpoint[key].isNull { kept[key] = endpoint[key] }
            return kept
        }
        let document: JSON = [
            "Id": container.json["Id"], "Name": container.json["Name"], "Config": config,
            "HostConfig": host, "Mounts": container.json["Mounts"],
            "NetworkSettings": ["Networks": .object(endpoints)],
            liveDisks: JSON(live.map(\.description)),
        ]
        return document.text
    }

    /// The container that the image was committed from; nil when the image does not tell.
    static func container(in image: Image) -> Container? {
        guard let text = image.labels.label(Label.blueprint),
            let json = try? JSON(parsing: text.utf8)
        else { return nil }
        return Container(json: json)
    }

    /// All disks of a VM that an image tells of.
    static func disks(of container: Container) -> [DiskCID] {
        container.mountedDisks + liveDisks(of: container)
    }

    /// Of these, the ones that are on the VM's list.
    static func liveDisks(of container: Container) -> [DiskCID] {
        (container.json[liveDisks].array ?? []).compactMap(\.string).map { DiskCID($0) }
    }

    private static let liveDisks = "LiveDisks"
}
