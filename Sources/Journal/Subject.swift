/// A VM, disk, snapshot, stemcell, agent or network that an operation is about.
public struct Subject: Hashable, Sendable {
    /// What a CID is of.
    public enum Kind: String, Sendable { case vm, disk, stemcell, agent, network, snapshot }

    public let kind: Kind
    public let cid: String

    public init(_ kind: Kind, _ cid: String) {
        self.kind = kind
        self.cid = cid
    }

    /// As in "vm vm-1".
    public var title: String { "\(kind.rawValue) \(cid)" }
}
