import Engine

/// The names of the members that a reader of `Field`s has asked for.
final class AskedNames {
    private(set) var names: Set<String> = []
    /// Of the objects whose members were asked for.
    private(set) var objects: Set<String> = []

    func add(_ name: String, of object: String) {
        names.insert(name)
        objects.insert(object)
    }
}

extension Configuration {
    /// The keys of the file that mean nothing here, by their whole names, sorted: misspelt, or another
    /// program's. Never their values. Throws `CPIError` as `init(path:)`.
    public static func unknownKeys(path: String) throws -> [String] {
        _ = try Configuration(path: path)
        return try unknownKeys(try document(path))
    }

    /// What nobody asks for while the document is read is not known. Of what is taken as a whole, such as
    /// the options of a blobstore, every key is. Throws `Field.Wrong`.
    static func unknownKeys(_ document: JSON) throws -> [String] {
        let asked = AskedNames()
        _ = try Configuration(document, asked: asked)
        func unknown(_ value: JSON, _ name: String) -> [String] {
            guard let members = value.object, asked.objects.contains(name) else { return [] }
            return members.flatMap { key, value in
                let member = name.isEmpty ? key : "\(name).\(key)"
                return asked.names.contains(member) ? unknown(value, member) : [member]
            }
        }
        return unknown(document, "").sorted()
    }
}
