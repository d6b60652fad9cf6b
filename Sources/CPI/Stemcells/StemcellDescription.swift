import Engine
import FoundationEssentials

/// Name, version and operating system: from the cloud_properties, else from the stemcell.MF that
/// lies beside the image.
struct StemcellDescription {
    let labels: [String: String]

    init(_ properties: Field, tags: Field, _ file: ImageFile) throws {
        let known = try properties.optional { try $0.object() } ?? [:]
        let manifest = StemcellDescription.manifest(beside: file.path)
        func text(_ keys: String...) throws -> String {
            for key in keys where !properties.member(key).isAbsent {
                let value = known[key] ?? .null
                // A version may be written as a number.
                let isText = value.string != nil || value.double != nil
                return isText ? value.string ?? value.text : ""
            }
            return keys.compactMap { manifest[$0] }.first ?? ""
        }
        for key in ["name", "os_type", "os_distro"] {
            _ = try properties.member(key).optional { try $0.string() }
        }
        var labels = [
            "io.bosh.stemcell.name": try text("name"),
            "io.bosh.stemcell.version": try text("version"),
            "io.bosh.stemcell.os": try text("os_distro", "operating_system", "os_type"),
        ]
        let pairs = try tags.optional { try $0.object() } ?? [:]
        for (key, value) in pairs { labels["io.bosh.tag.\(key)"] = value.string ?? value.text }
        self.labels = labels.filter { !$0.value.isEmpty }
    }

    /// The plain `key: value` lines at the top level of the file; enough of YAML for what is asked.
    private static func manifest(beside path: String) -> [String: String] {
        let directory = path.lastIndex(of: "/").map { path[...$0] } ?? ""
        guard let bytes = FileManager.default.contents(atPath: directory + "stemcell.MF"),
            bytes.count < 1 << 20
        else { return [:] }
        var values: [String: String] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":"), line.first?.isLetter == true else {
                continue
            }
            let value = line[line.index(after: colon)...].filter { !"\"'".contains($0) }
            values[String(line[..<colon])] = String(value.drop { $0 == " " })
        }
        return values
    }
}
