import Journal

/// The VM or disk that `recover` is asked to look after alone.
struct Wanted {
    private let vm: String?
    private let disk: String?

    /// Of those that `known` gives for a kind and a text. Throws `Complaint` for a text that may be several,
    /// and for one that is none.
    init(vm: String?, disk: String?, known: (Subject.Kind, String) throws -> [String]) throws {
        func whole(_ text: String?, _ kind: Subject.Kind) throws -> String? {
            guard let text else { return nil }
            guard let cid = try CIDPattern.one(text, of: known(kind, text)) else {
                throw Complaint(
                    "neither Docker nor the journal knows a \(kind.rawValue) \(text)", .failure)
            }
            return cid
        }
        self.vm = try whole(vm, .vm)
        self.disk = try whole(disk, .disk)
    }

    func fits(_ subjects: [Subject]) -> Bool {
        func has(_ cid: String?, _ kind: Subject.Kind) -> Bool {
            cid.map { subjects.contains(Subject(kind, $0)) } ?? true
        }
        return has(vm, .vm) && has(disk, .disk)
    }

    /// Whether a VM without an open operation is meant, too.
    func fits(_ vm: String) -> Bool { self.vm.map { $0 == vm } ?? true }
}
