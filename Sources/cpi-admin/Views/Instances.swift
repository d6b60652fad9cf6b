import CPI
import Journal

/// A VM or disk as BOSH names it: what set_vm_metadata or set_disk_metadata said last.
struct Instance {
    let deployment: String
    let group: String
    let index: String

    /// "cf/router/0"; nil when nothing is known.
    var text: String? {
        let parts = [deployment, group, index].filter { !$0.isEmpty }
        return parts.isEmpty ? nil : parts.joined(separator: "/")
    }

    init(metadata: [String: String]) {
        func first(_ keys: String...) -> String {
            keys.compactMap { metadata[$0] }.first { !$0.isEmpty } ?? ""
        }
        deployment = first("deployment")
        group = first("instance_group", "job", "instance_name")
        index = first("index", "instance_index")
    }
}

/// Looks them up, each once.
final class Instances {
    private let journal: Journal
    private var known: [Subject: Instance] = [:]

    init(_ journal: Journal) { self.journal = journal }

    /// That of the first VM, else of the first disk.
    func instance(of subjects: [Subject]) throws -> Instance {
        for kind in [Subject.Kind.vm, .disk] {
            for subject in subjects where subject.kind == kind {
                let found = try instance(of: subject)
                if found.text != nil { return found }
            }
        }
        return Instance(metadata: [:])
    }

    private func instance(of subject: Subject) throws -> Instance {
        if let instance = known[subject] { return instance }
        let instance = Instance(metadata: try journal.latestMetadata(of: subject) ?? [:])
        known[subject] = instance
        return instance
    }
}
