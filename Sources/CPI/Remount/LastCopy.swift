/// A container that must not be removed: it may be the only one that holds what it holds.
struct LastCopy: Error, CustomStringConvertible {
    let description: String
}
