/// Symbolic links in an archive: entries of type 2, whose target stands in the header.
extension FakeTar {
    /// By absolute path.
    static func links(in archive: [UInt8]) -> [String: String] {
        var links: [String: String] = [:]
        var offset = 0
        while offset + 512 <= archive.count, archive[offset] != 0 {
            let header = archive[offset..<(offset + 512)]
            func text(_ start: Int) -> String {
                String(
                    decoding: header.dropFirst(start).prefix(100).prefix { $0 != 0 }, as: UTF8.self)
            }
            let size = Int(text(124).prefix(11), radix: 8) ?? 0
            if header[offset + 156] == UInt8(ascii: "2") { links["/" + text(0)] = text(157) }
            offset += 512 + (size + 511) / 512 * 512
        }
        return links
    }

    /// An archive with one link. `name` is without a leading slash.
    static func archive(link name: String, to target: String) -> [UInt8] {
        var archive = archive([name: []])
        archive[156] = UInt8(ascii: "2")
        archive.replaceSubrange(157..<(157 + target.utf8.count), with: target.utf8)
        archive.replaceSubrange(148..<156, with: "        ".utf8)
        let sum = String(archive[..<512].reduce(0) { $0 + Int($1) }, radix: 8)
        let digits = String(repeating: "0", count: 6 - sum.count) + sum + "\0 "
        archive.replaceSubrange(148..<156, with: digits.utf8)
        return archive
    }

    /// An archive of a whole tree: its files, then its links.
    static func archive(_ files: [String: [UInt8]], links: [String: String]) -> [UInt8] {
        let end = 1_024
        return archive(files).dropLast(end)
            + links.sorted { $0.key < $1.key }.flatMap {
                archive(link: String($0.key.drop { $0 == "/" }), to: $0.value).dropLast(end)
            } + [UInt8](repeating: 0, count: end)
    }
}
