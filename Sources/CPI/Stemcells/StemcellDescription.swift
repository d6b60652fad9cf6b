import Engine

/// Name, version, operating system and architecture: from the cloud_properties, else from the stemcell.MF that
/// lies beside the image.
struct StemcellDescription {
    private let labels: [String: String]
    /// The director's, by their keys.
    private let tags: [String: String]
    /// Nil when neither says one.
    let architecture: Architecture?

    init(_ properties: Field, tags: Field, _ manifest: StemcellManifest) throws {
        let known = try properties.optional { try $0.object() } ?? [:]
        func text(_ keys: String...) -> String {
            for key in keys where !properties.member(key).isAbsent {
                let value = known[key] ?? .null
                // A version may be written as a number.
                let isText = value.string != nil || value.double != nil
                return isText ? value.string ?? value.text : ""
            }
            return keys.compactMap { manifest.values[$0] }.first ?? ""
        }
        for key in ["name", "os_type", "os_distro", "operating_system", "architecture"] {
            _ = try properties.member(key).optional { try $0.string() }
        }
        let version = properties.member("version")
        guard version.isAbsent || version.value.string != nil || version.value.double != nil else {
            throw Field.Wrong(description: "\(version.name) must be a string or a number")
        }
        architecture = Architecture(
            properties.value["architecture"].string ?? manifest.cloudProperties["architecture"]
                ?? manifest.values["architecture"] ?? "")
        let labels = [
            Label.stemcellName: text("name"),
            Label.stemcellVersion: text("version"),
            Label.stemcellOS: text("os_distro", "operating_system", "os_type"),
            Label.architecture: architecture?.description ?? "",
        ]
        self.labels = labels.filter { !$0.value.isEmpty }
        let pairs = try tags.optional { try $0.object() } ?? [:]
        self.tags = pairs.mapValues { $0.string ?? $0.text }.filter { !$0.value.isEmpty }
    }

    /// As labels, without secrets.
    func labels(_ store: JournalStore) -> [String: String] {
        store.cleaned(tags).reduce(into: store.cleaned(labels)) { labels, tag in
            labels[Label.tag(tag.key)] = tag.value
        }
    }
}
