/// A volume as `GET /volumes/{name}` shows it.
public struct Volume: Sendable {
    /// The driver that each Engine has.
    public static let local = "local"

    public let json: JSON

    public init(json: JSON) { self.json = json }

    public var name: String { json["Name"].string ?? "" }
    public var driver: String { json["Driver"].string ?? "" }
    public var isLocal: Bool { driver == Volume.local }
    public var labels: [String: String] { json["Labels"].strings }
    public var options: [String: String] { json["Options"].strings }
    /// Its directory on the Engine's host.
    public var mountpoint: String { json["Mountpoint"].string ?? "" }
}
