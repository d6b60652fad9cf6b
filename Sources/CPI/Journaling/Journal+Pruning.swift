import Journal

/// Retention at an operator's word, by the rule that calls keep: what the living need stays.
extension Journal {
    /// How many operations that ended before `time` (Unix milliseconds) could go. Changes nothing.
    public func prunable(before time: Int64) throws -> Int {
        try prunable(before: time, keeping: .ofTheLiving)
    }

    /// Removes them, a hundred in one transaction, so that calls go on meanwhile. Returns how many.
    public func pruneAll(before time: Int64) throws -> Int {
        var total = 0
        while true {
            let some = try pruneSome(before: time, limit: 100, keeping: .ofTheLiving)
            total += some.removed
            // All of some may be kept, and more come after them.
            if some.seen == 0 { break }
        }
        try trim()
        return total
    }
}
