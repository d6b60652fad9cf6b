import FoundationEssentials

/// The stemcell.MF that lies beside the image: enough of YAML for what is asked of it.
struct StemcellManifest {
    /// The plain `key: value` lines at the top level.
    private(set) var values: [String: String] = [:]
    /// Those below `cloud_properties`.
    private(set) var cloudProperties: [String: String] = [:]

    /// Empty when there is none.
    init(beside path: String) {
        let directory = path.lastIndex(of: "/").map { path[...$0] } ?? ""
        guard let bytes = FileManager.default.contents(atPath: directory + "stemcell.MF"),
            bytes.count < 1 << 20
        else { return }
        var block = ""
        for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
            guard let (key, value) = StemcellManifest.pair(line) else { continue }
            if line.first?.isLetter == true {
                values[key] = value
                block = key
                if key == "cloud_properties" { readBraces(value) }
            } else if line.first?.isWhitespace == true, block == "cloud_properties" {
                cloudProperties[key] = value
            }
        }
    }

    /// `{image_reference: …, digest: …}` on one line.
    private mutating func readBraces(_ text: String) {
        guard text.hasPrefix("{"), text.hasSuffix("}") else { return }
        for part in text.dropFirst().dropLast().split(separator: ",") {
            if let (key, value) = StemcellManifest.pair(part) { cloudProperties[key] = value }
        }
    }

    private static func pair(_ line: Substring) -> (String, String)? {
        guard let colon = line.firstIndex(of: ":") else { return nil }
        var value = line[line.index(after: colon)...]
        if let comment = value.firstRange(of: " #") { value = value[..<comment.lowerBound] }
        return (plain(line[..<colon]), plain(value))
    }

    /// Without quotes, and without spaces around it.
    private static func plain(_ text: Substring) -> String {
        let plain = text.filter { !"\"'".contains($0) }.drop(while: \.isWhitespace)
        return String(plain.reversed().drop(while: \.isWhitespace).reversed())
    }
}
