import Engine
import Foundation

@testable import CPI

extension FakeDocker {
    /// All there is. A value: a copy of it is a Docker at that moment.
    struct State {
        var daemon = "FAKE:DAEMON"
        var cgroupVersion = "2"
        var architecture = "x86_64"
        /// What it says at every create that it cannot enforce.
        var warnings: [String] = []
        /// Paths that the host does not have.
        var missingPaths: Set<String> = []
        var operatingSystem = "Debian GNU/Linux 12 (bookworm)"
        var securityOptions = ["name=seccomp,profile=default"]
        /// podman says it, and then each answer has another id.
        var buildah: String?
        /// What else `GET /info` says.
        var info: [String: JSON] = [:]
        /// In the order of their creation.
        var containers: [Container] = []
        var volumes: [String: Volume] = [:]
        var images: [Image] = []
        var networks = [
            Network(id: "b0", name: "bridge", driver: "bridge", subnets: ["172.17.0.0/16"])
        ]
        var execs: [String: Exec] = [:]
        /// Whether local volumes can have a size.
        var hasQuota = false
        /// How many looks at a copier it takes until it has copied.
        var copyTakes = 1
        /// Why copiers cannot copy; nil when they can.
        var copierTrouble: String?
        /// What registries have: "HOST/REPOSITORY:TAG" each.
        var registry: [String: RemoteImage] = [:]
        /// Tokens that were given out, by number.
        var issued: [Int: Token] = [:]
        private var serial = 0

        /// 64 hexadecimal digits, of which the first twelve differ from all others.
        mutating func newID() -> String {
            serial += 1
            let head = String(0xa000_0000_0000 + serial * 7_919, radix: 16)
            return head + String(repeating: "0", count: 52)
        }

        /// When things happen: later each time.
        mutating func newTime() -> String {
            serial += 1
            return
                "2026-01-01T00:00:00.\(String(repeating: "0", count: 9 - "\(serial)".count))\(serial)Z"
        }
    }
}

extension FakeDocker.State {
    struct Container {
        var id: String
        var name: String
        var imageID: String
        var config: JSON
        var hostConfig: JSON
        var mounts: [Mount]
        var endpoints: [String: Endpoint]
        /// The writable layer and what is below it: path to content.
        var layer: [String: [UInt8]]
        /// Symbolic links in the layer: path to target.
        var links: [String: String] = [:]
        /// created, running, paused or exited.
        var status = "created"
        var createdAt = "0001-01-01T00:00:00Z"
        var startedAt = "0001-01-01T00:00:00Z"
        var finishedAt = "0001-01-01T00:00:00Z"
        var exitCode = 0
        var restarts = 0
        /// Why the last start was refused.
        var startError = ""
        /// Stopped or killed on request: `unless-stopped` leaves it down when the daemon restarts.
        var wasStoppedByHand = false
        /// Destinations that somebody inside has unmounted; a start brings them back.
        var unmounted: Set<String> = []
        /// Disks that were mounted inside while it ran: Docker knows nothing of them.
        var live: Set<String> = []
        /// By operation, the least number that a script must have: see `LiveScript`.
        var leastScripts: [String: Int] = [:]
        /// The directory for the list of such disks is there.
        var hasList = false

        /// Of a copier at work: the looks that are left, and what it began to copy.
        var copyLeft: Int?
        var copied: [String: [UInt8]] = [:]

        /// Docker calls a paused container running.
        var isRunning: Bool { status == "running" || status == "paused" }
        var isPaused: Bool { status == "paused" }
        var isAutoRemoved: Bool { hostConfig["AutoRemove"].bool == true }
        var restartPolicy: String { hostConfig["RestartPolicy"]["Name"].string ?? "no" }
        var labels: [String: String] { config["Labels"].strings }
        /// The VM that it is of, empty for none: its label says so, or the Go CPI's volume.
        var vm: String {
            if let label = labels["io.bosh.vm"], !label.isEmpty { return label }
            let volume = mounts.first { $0.destination == "/var/vcap/data" }?.source ?? ""
            return volume.hasPrefix("vol-eph-") ? String(volume.dropFirst("vol-eph-".count)) : ""
        }
    }

    /// Who wrote it.
    struct Token {
        let vm: String
        let container: String
    }

    struct Endpoint {
        /// What was asked for: IPAMConfig, Aliases, DriverOpts, GwPriority.
        var config: JSON
        var pinnedMAC: String?
        /// Only while the container runs.
        var address: String?
        var mac: String?
    }

    struct Volume {
        var name: String
        var driver = "local"
        var labels: [String: String] = [:]
        var options: [String: String] = [:]
        var files: [String: [UInt8]] = [:]
        var isAnonymous = false
        /// A copy into it was begun, and not ended.
        var isTorn = false

        /// A persistent disk, also one of the Go CPI, which sets no labels.
        var isDisk: Bool { labels["io.bosh.disk"]?.isEmpty == false || DiskCID(name).isGoCPIs }
        /// Of which VM it is the ephemeral disk; nil for any other volume.
        var ephemeralOf: String? {
            let owner = VMCID.role(of: name)
            return owner?.role == .ephemeralVolume ? owner?.vm.description : nil
        }
    }

    struct Image {
        var id: String
        var created: String
        var tags: [String]
        /// REPOSITORY@DIGEST of what was pulled.
        var digests: [String] = []
        var labels: [String: String] = [:]
        var env: [String] = []
        /// Paths that it declares as volumes.
        var volumes: [String] = []
        /// What else a container made from it inherits: Cmd, Entrypoint, WorkingDir and the like.
        var config: JSON = [:]
        var layers = 1
        var files: [String: [UInt8]] = [:]
        var links: [String: String] = [:]
        var parent: String?
        var architecture = "amd64"
    }

    /// An image in a registry: its own digest and that of its manifest, and who may have it.
    struct RemoteImage {
        var id: String
        var digest: String
        var login: (username: String, password: String)?
        var volumes: [String] = []
        var files = ["/etc/os-release": Array("ID=light".utf8), "/bin/sh": []]
        var links: [String: String] = [:]
        var architecture = "amd64"
    }

    struct Network {
        var id: String
        var name: String
        var driver: String
        var subnets: [String]
        var gateways: [String] = []
        var labels: [String: String] = [:]
        var enableIPv6 = false
        /// As it was asked for: Options, Attachable and the like.
        var spec: JSON = [:]
    }

    struct Exec {
        var container: String
        /// Run when the exec is started.
        var command: [String]
        var output = ""
        var exitCode = 0
    }
}

/// Looking into the state, as Docker does it and as tests do.
extension FakeDocker.State {
    /// By full id, by name, by a part of the id.
    func index(ofContainer key: String) -> Int? {
        containers.firstIndex { $0.id == key }
            ?? containers.firstIndex { $0.name == key.drop { $0 == "/" } }
            ?? containers.firstIndex { key.count >= 4 && $0.id.hasPrefix(key) }
    }

    func container(_ key: String) -> Container? { index(ofContainer: key).map { containers[$0] } }

    func users(ofVolume name: String) -> [Container] {
        containers.filter { $0.mounts.contains { $0.isVolume && $0.source == name } }
    }

    /// Who can write to a volume: not the pins of disks, but also who mounts one that Docker knows
    /// nothing of.
    func writers(ofVolume name: String) -> [Container] {
        containers.filter { container in
            container.isRunning
                && (container.live.contains(name)
                    || container.mounts.contains {
                        $0.isVolume && $0.source == name && $0.isWritable
                    })
        }
    }

    func index(ofImage reference: String) -> Int? {
        let tag = self.tag(reference)
        return images.firstIndex {
            $0.tags.contains(tag) || $0.tags.contains(reference) || $0.id == reference
                || $0.digests.contains(reference)
                || reference.count >= 12 && $0.id.dropFirst(7).hasPrefix(reference)
        }
    }

    /// The name that a reference means. podman takes a short one for any registry's where it knows no other, and a whole
    /// one for itself.
    func tag(_ reference: String) -> String {
        let hub = "docker.io/library/"
        guard !reference.hasPrefix(hub) else {
            return Self.withTag(String(reference.dropFirst(hub.count)))
        }
        let (tag, all) = (Self.withTag(reference), images.flatMap(\.tags))
        guard buildah != nil, !all.contains(tag) else { return tag }
        return all.first { $0.hasSuffix("/" + tag) } ?? tag
    }

    func image(_ reference: String) -> Image? { index(ofImage: reference).map { images[$0] } }

    func network(_ key: String) -> Network? {
        networks.first { $0.name == key } ?? networks.first { $0.id == key }
    }

    /// Names that containers have, sorted.
    var containerNames: [String] { containers.map(\.name).sorted() }
    var volumeNames: [String] { volumes.keys.sorted() }
    var imageTags: [String] { images.flatMap(\.tags).sorted() }
    var networkNames: [String] { networks.map(\.name).sorted() }

    static func withTag(_ reference: String) -> String {
        let last = reference.split(separator: "/").last ?? ""
        return last.contains(":") ? reference : reference + ":latest"
    }
}
