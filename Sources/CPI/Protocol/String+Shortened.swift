extension String {
    /// At most some 8 KiB, beginning and end, for people to read: what Docker says of a failure may be megabytes,
    /// and would be so again in the answer, the log and the journal. Of a text without secrets only: half of one
    /// would not be recognized any more.
    var shortened: String {
        let half = 4_096
        let left = utf8.count - 2 * half
        guard left > 0 else { return self }
        let (head, tail) = (utf8.prefix(half), utf8.suffix(half))
        return String(decoding: head, as: UTF8.self) + " … (\(left) bytes are left out) … "
            + String(decoding: tail, as: UTF8.self)
    }
}
