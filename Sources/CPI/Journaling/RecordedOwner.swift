import Engine
import Journal

/// Who owns an operation, as its intent in the journal says.
struct RecordedOwner {
    /// Where it was begun: see `Locks.places`. Nil when an older version recorded it.
    let place: String?
    /// No process has recorded it: it was found by its traces in Docker.
    let isAdopted: Bool
    /// The Docker daemon's own id, and its address at that time; nil where it was not known.
    let daemonID: String?
    let daemonAddress: String?

    /// Nil when the operation has no owner that can be read.
    init?(_ operation: Operation) {
        guard let text = operation.owner, let json = try? JSON(parsing: text.utf8) else {
            return nil
        }
        place = Owner.place(in: text)
        isAdopted = json["adopted"].bool ?? false
        daemonID = json["daemon"]["id"].string
        daemonAddress = json["daemon"]["address"].string
    }
}

extension Owner {
    /// The owner of an operation that was found in this Docker: where its labels say that it was begun.
    static func adopted(place: String?, daemon: JSON) -> JSON {
        ["adopted": true, "place": place.map(JSON.string) ?? .null, "daemon": daemon]
    }
}
