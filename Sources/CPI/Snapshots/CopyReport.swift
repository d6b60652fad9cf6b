/// What a copier says at its end.
struct CopyReport: Equatable {
    /// Files, directories and all else in the copy.
    let entries: Int
    /// How much was written, made or removed in the source while it was read, at least: what was written to and what was
    /// made are counted, or what was written to and removed, whichever is more.
    let changed: Int
    /// The sizes of all files together, holes included.
    let bytes: Int

    /// Nil for anything but the line that the script writes.
    init?(_ bytes: [UInt8]) {
        var values: [Substring: Int] = [:]
        for word in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace) {
            let pair = word.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, let number = Int(pair[1]) else { return nil }
            values[pair[0]] = number
        }
        guard let entries = values["entries"], let changed = values["changed"],
            let bytes = values["bytes"]
        else { return nil }
        (self.entries, self.changed, self.bytes) = (entries, changed, bytes)
    }
}
