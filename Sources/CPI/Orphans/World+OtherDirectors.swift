import Journal

/// Two directors may share a Docker, each with a journal of its own: what the one has parked, or keeps for a
/// person, the other's journal does not tell. Nor does a journal that is new, or is none.
extension World {
    /// The director that something was made for, by its labels, when this journal is not that one's; else nil.
    func otherDirector(_ labels: [String: String]) -> String? {
        guard let director = labels.label(Label.director), !hasWorked(for: director) else {
            return nil
        }
        return director
    }

    /// Whether a call of the director's has changed something through this journal. What was found in Docker and
    /// settled here says nothing of that, nor does a call that only asks.
    private func hasWorked(for director: String) -> Bool {
        var filter = OperationFilter(director: director, limit: 1_000)
        filter.mutatingOnly = true
        let found = recorder.store.read { try $0.operations(filter) } ?? []
        return found.contains { RecordedOwner($0)?.isAdopted != true }
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
