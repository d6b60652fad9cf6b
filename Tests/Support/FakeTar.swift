/// POSIX ustar, written apart from the code under test so that both have to be right.
enum FakeTar {
    /// Regular files of an archive, by absolute path.
    static func files(in archive: [UInt8]) -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        var offset = 0
        while offset + 512 <= archive.count, archive[offset] != 0 {
            let header = archive[offset..<(offset + 512)]
            let name = String(decoding: header.prefix(100).prefix { $0 != 0 }, as: UTF8.self)
            let digits = header.dropFirst(124).prefix(11)
            let size = Int(String(decoding: digits, as: UTF8.self), radix: 8) ?? 0
            guard offset + 512 + size <= archive.count else { return files }
            let content = archive[(offset + 512)..<(offset + 512 + size)]
            if header[offset + 156] == UInt8(ascii: "0") { files["/" + name] = Array(content) }
            offset += 512 + (size + 511) / 512 * 512
        }
        return files
    }

    /// An archive of regular files; the key is the path without its leading slash.
    static func archive(_ files: [String: [UInt8]]) -> [UInt8] {
        var archive: [UInt8] = []
        for (path, content) in files.sorted(by: { $0.key < $1.key }) {
            var header = [UInt8](repeating: 0, count: 512)
            func put(_ text: String, _ offset: Int) {
                header.replaceSubrange(offset..<(offset + text.utf8.count), with: text.utf8)
            }
            let size = String(content.count, radix: 8)
            put(String(path.drop { $0 == "/" }), 0)
            put("0000644", 100)
            put("0000000", 108)
            put("0000000", 116)
            put(String(repeating: "0", count: 11 - size.count) + size, 124)
            put("00000000000", 136)
            put("        ", 148)
            put("0", 156)
            put("ustar", 257)
            put("00", 263)
            let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
            put(String(repeating: "0", count: 6 - sum.count) + sum + "\0 ", 148)
            archive += header + content
            archive += [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
        }
        return archive + [UInt8](repeating: 0, count: 1_024)
    }
}
