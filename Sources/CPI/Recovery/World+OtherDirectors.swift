import Journal

/// Two directors may share a Docker, each with a journal of its own: what the one has parked, or keeps for a
/// person, the other's journal does not tell. Nor does a journal that is new, or is none.
extension World {
    /// The director that something was made for, by its labels, when the journal does not know that one; else nil.
    func otherDirector(_ labels: [String: String]) -> String? {
        guard let director = labels.label(Label.director) else { return nil }
        let isKnown = recorder.store.read { try $0.knows(director: director) }
        return isKnown == true ? nil : director
    }
}

extension Orphan {
    /// The same where another director has it, nil for none: it is shown as that one's, and not removed.
    func of(director other: String?) -> Orphan {
        guard let other else { return self }
        var orphan = self
        orphan.reason +=
            "; it is of director \(other), which no journal here knows: look into that one's first"
        if removal.isPossible { orphan.removal = .never("it is of director \(other)") }
        return orphan
    }
}
