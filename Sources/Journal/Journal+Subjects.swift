/// Which VMs, disks and other things the journal knows.
extension Journal {
    /// The CIDs of that kind, or of any, that `text` may mean as a `CIDPattern`: itself alone where there is such a
    /// one. At most 20.
    public func cids(_ kind: Subject.Kind? = nil, like text: String) throws -> [String] {
        let pattern = CIDPattern(text)
        var found: [String] = []
        let sql = """
            SELECT DISTINCT cid FROM subjects
            WHERE cid >= ?1 AND cid < ?1 || '~' AND (?2 IS NULL OR kind = ?2)
                AND substr(cid, -length(?3), length(?3)) = ?3
            ORDER BY cid LIMIT 20
            """
        let values: [Value] = [
            .text(pattern.start), Value(kind?.rawValue), .text(pattern.end),
        ]
        try database.run(sql, values) { found.append($0.text(0) ?? "") }
        return found.contains(text) ? [text] : found
    }
}
