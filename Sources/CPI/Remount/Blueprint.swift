import Engine

/// What a container is made from, kept as a label of the image committed from it: when somebody
/// removes the container, the VM can be made again from that image.
///
/// The environment is left out, for it may hold secrets: a commit hands it to the image.
enum Blueprint {
    /// The label's text for a container as inspect shows it.
    static func text(_ container: Container) -> String {
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
            "HostConfig": container.json["HostConfig"], "Mounts": container.json["Mounts"],
            "NetworkSettings": ["Networks": .object(endpoints)],
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
}
