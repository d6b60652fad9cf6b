/// Just enough of POSIX ustar for small files into a container, and one out of it.
public enum Tar {
    private static let block = 512
    /// What an archive of one file adds to it at most, in bytes: headers with long names, and padding.
    static let overhead = 64 << 10
    /// The longest path of a file for a container, in bytes.
    public static let longestPath = 100

    /// A regular file, owned by root. `path` is absolute; `longestPath` at most, without its slash.
    public struct File: Sendable {
        let path: String
        let content: [UInt8]
        let mode: Int

        public init(path: String, content: [UInt8], mode: Int = 0o600) {
            self.path = path
            self.content = content
            self.mode = mode
        }
    }

    /// An archive with these files.
    public static func archive(_ files: [File]) -> [UInt8] {
        files.flatMap(entry) + [UInt8](repeating: 0, count: 2 * block)
    }

    private static func entry(_ file: File) -> [UInt8] {
        let (path, content, mode) = (file.path, file.content, file.mode)
        var header = [UInt8](repeating: 0, count: block)
        func put(_ text: String, at offset: Int) {
            header.replaceSubrange(offset..<(offset + text.utf8.count), with: text.utf8)
        }
        put(String(path.drop { $0 == "/" }.utf8.prefix(longestPath)) ?? "", at: 0)
        put(octal(mode, 7), at: 100)
        put(octal(0, 7), at: 108)
        put(octal(0, 7), at: 116)
        put(octal(content.count, 11), at: 124)
        put(octal(0, 11), at: 136)
        put("        ", at: 148)  // the checksum is taken with blanks in its place
        put("0", at: 156)
        put("ustar", at: 257)
        put("00", at: 263)
        put(octal(header.reduce(0) { $0 + Int($1) }, 6) + "\0 ", at: 148)
        let padding = (block - content.count % block) % block
        return header + content + [UInt8](repeating: 0, count: padding)
    }

    /// What an archive of one path holds.
    enum Entry: Equatable {
        case file([UInt8])
        /// A symbolic link, and where it points: absolute, or relative to its directory.
        case link(String)
        case directory
        /// A pipe, a socket or a device.
        case special
    }

    /// The first of `entries`; nil when the archive is cut off or holds none.
    static func firstEntry(in archive: [UInt8]) -> Entry? { entries(in: archive).first?.entry }

    /// The entries with their paths, without the headers that say more of the next one, up to where the archive is cut off.
    static func entries(in archive: [UInt8]) -> [(path: String, entry: Entry)] {
        var found: [(path: String, entry: Entry)] = []
        var offset = 0
        var longPath: String?
        var longTarget: String?
        while offset + block <= archive.count {
            let header = archive[offset..<(offset + block)]
            guard header.contains(where: { $0 != 0 }) else { break }
            let size = number(header.dropFirst(124).prefix(12))
            let start = offset + block
            guard start + size <= archive.count else { break }
            let content = archive[start..<(start + size)]
            offset = start + (size + block - 1) / block * block
            let entry: Entry
            switch header[start - block + 156] {
            case UInt8(ascii: "0"), 0: entry = .file(Array(content))
            case UInt8(ascii: "2"):
                entry = .link(longTarget ?? text(header.dropFirst(157).prefix(100)))
            case UInt8(ascii: "5"): entry = .directory
            case UInt8(ascii: "3"), UInt8(ascii: "4"), UInt8(ascii: "6"): entry = .special
            case UInt8(ascii: "x"):
                longPath = pax("path", in: content) ?? longPath
                longTarget = pax("linkpath", in: content) ?? longTarget
                continue
            // GNU tar's ways to say the same.
            case UInt8(ascii: "L"):
                longPath = text(content)
                continue
            case UInt8(ascii: "K"):
                longTarget = text(content)
                continue
            default: continue
            }
            found.append((longPath ?? text(header.prefix(100)), entry))
            (longPath, longTarget) = (nil, nil)
        }
        return found
    }

    /// `LENGTH KEY=VALUE\n`: how an archive says what is longer than 100 bytes.
    private static func pax(_ key: String, in records: ArraySlice<UInt8>) -> String? {
        for line in String(decoding: records, as: UTF8.self).split(separator: "\n") {
            if let range = line.firstRange(of: " \(key)=") {
                return String(line[range.upperBound...])
            }
        }
        return nil
    }

    private static func text(_ field: ArraySlice<UInt8>) -> String {
        String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
    }

    private static func octal(_ number: Int, _ width: Int) -> String {
        let digits = String(number, radix: 8)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    private static func number(_ field: ArraySlice<UInt8>) -> Int {
        field.reduce(0) { (48...55).contains($1) ? $0 * 8 + Int($1) - 48 : $0 }
    }
}
