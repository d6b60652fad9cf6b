import Engine

/// What podman takes of a VM's HostConfig and does not show: kernel parameters, and the devices of a
/// privileged container. A label keeps it, for a replacement is made from what is shown.
enum UnshownHostConfig {
    private static let keys = ["Devices", "Sysctls"]

    /// The label's text; empty where nothing was asked for.
    static func text(_ hostConfig: JSON) -> String {
        let kept = (hostConfig.object ?? [:]).filter {
            keys.contains($0.key) && !isNothing($0.value)
        }
        return kept.isEmpty ? "" : JSON.object(kept).text
    }

    /// What is shown of a container, and what its label says beside that.
    static func completing(_ shown: JSON, _ labels: [String: String]) -> JSON {
        guard let text = labels.label(Label.unshown),
            let kept = try? JSON(parsing: text.utf8)
        else { return shown }
        var whole = shown
        for key in keys where isNothing(shown[key]) && !kept[key].isNull { whole[key] = kept[key] }
        return whole
    }

    private static func isNothing(_ value: JSON) -> Bool {
        value.isNull || value.array?.isEmpty == true || value.object?.isEmpty == true
    }
}
