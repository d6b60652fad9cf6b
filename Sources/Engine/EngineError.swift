import Glibc

/// What can go wrong between us and a Docker Engine.
public enum EngineError: Error, CustomStringConvertible, Equatable {
    /// No connection: the request was not sent. `errno` is 0 when there was none.
    case unreachable(address: String, errno: Int32, detail: String)
    /// The request was sent and no whole reply came: whether it took effect is unknown.
    case lost(address: String, request: String, detail: String)
    /// Docker answered with an error status (400 and above).
    case refused(status: Int, message: String, request: String)
    /// Docker answered 200 and then reported an error inside the stream.
    case stream(message: String, request: String)
    /// Docker's answer was longer than `limit` bytes, and was not read to its end.
    case tooLarge(request: String, limit: Int)
    /// What answered is not a Docker Engine that we can talk to.
    case notDocker(address: String, detail: String)

    public var description: String {
        switch self {
        case .unreachable(let address, let errno, let detail):
            "cannot reach Docker at \(address): \(detail)\(EngineError.advice(errno, address))"
        case .lost(let address, let request, let detail):
            "no answer from Docker at \(address) to \(request): \(detail)"
        case .refused(let status, let message, let request):
            // The answer to a HEAD has no room for one.
            "Docker refused \(request) with \(status): "
                + (message.isEmpty ? "no reason is given; is its disk full?" : message)
                + EngineError.remedy(message)
        case .stream(let message, let request): "Docker failed in \(request): \(message)"
        case .tooLarge(let request, let limit):
            "Docker's answer to \(request) is larger than \(limit >> 20) MiB"
        case .notDocker(let address, let detail):
            "\(address) does not answer as a Docker Engine: \(detail)"
        }
    }

    /// The thing asked about is not there. Only a daemon that answered can say so: see `Engine.send`.
    public var isNotFound: Bool {
        guard case .refused(404, let message, _) = self else { return false }
        return message != EngineError.unknownPath
    }
    /// What Docker says of a path that it does not know: nothing of the thing.
    private static let unknownPath = "page not found"
    /// The Engine knows no such request at all. podman says so in two words; of a thing that is missing it
    /// says more.
    public var isNoSuchPath: Bool {
        guard case .refused(404, let message, _) = self else { return false }
        return Array(message.utf8) == EngineError.noSuchPath
    }
    static let noSuchPath = Array("Not Found\n".utf8)
    /// The driver of a volume or network is not there. No name of those has a blank and a quote in it.
    public var isWithoutPlugin: Bool {
        guard case .refused(_, let message, _) = self else { return false }
        return message.contains("plugin \"")
    }
    /// A name is taken, something is in use, or a state forbids the request.
    public var isConflict: Bool { status == 409 }
    /// Of a command in a container, or its pause: that is there and does not run, or is paused. podman says so with
    /// 500.
    public var isStopped: Bool {
        guard case .refused(500, let message, _) = self else { return isConflict }
        return message.contains("container state improper")
    }
    /// Of a command in a container: that does not run, or is not there.
    public var isNotRunning: Bool { isStopped || isNotFound }
    /// A name is taken: podman says so with 500.
    public var isNameTaken: Bool {
        guard case .refused(let status, let message, _) = self else { return false }
        return status == 409 || (status == 500 && message.contains("is already in use"))
    }
    /// A network's addresses belong to another one already, in the words of Docker or of podman.
    public var isOverlap: Bool {
        // Of a network whose name is taken the name is told, whatever words it has in it.
        guard !isNameTaken else { return false }
        guard !isOutOfAddresses else { return false }
        return ["overlap", "is already used on the host or by another config"].contains {
            description.contains($0)
        }
    }
    /// Docker was to choose a subnet and has none left: "could not find an available, non-overlapping IPv6 address pool
    /// among the defaults to assign to the network".
    var isOutOfAddresses: Bool { description.contains("could not find an available") }
    /// No IPv6 subnet, to be exact.
    public var isOutOfIPv6: Bool { isOutOfAddresses && description.contains("IPv6") }
    /// The HTTP status of an answer that is an error; nil where there was no such answer.
    public var status: Int? { if case .refused(let status, _, _) = self { status } else { nil } }

    /// Docker was reached, and has answered: the error is in what it said.
    public var isDockersAnswer: Bool {
        switch self {
        case .refused, .stream, .tooLarge: true
        case .unreachable, .lost, .notDocker: false
        }
    }

    /// Docker may not do it to a container, as where AppArmor forbids it to signal one.
    public var isForbidden: Bool {
        guard case .refused(_, let message, _) = self else { return false }
        return message.contains("permission denied")
    }

    /// Docker has answered that it cannot do what it should be able to do.
    public var isFault: Bool { (status ?? 0) >= 500 }

    /// Whether the request may have taken effect although it failed here.
    public var isOutcomeUnknown: Bool {
        switch self {
        case .lost, .tooLarge: true
        default: isFault
        }
    }

    /// Whether it says nothing about what was asked for: no connection, no whole reply, or a fault of
    /// the Engine's own. The same question may well be answered the next time.
    public var tellsNothing: Bool {
        switch self {
        case .unreachable, .lost: true
        case .refused: isFault
        case .stream, .notDocker, .tooLarge: false
        }
    }

    /// Worth another try without anybody changing anything.
    public var isTransient: Bool {
        switch self {
        case .unreachable(_, let errno, _): errno != 0 && errno != EACCES
        case .lost: true
        case .refused(let status, let message, _):
            status == 503 || (status == 500 && EngineError.isPassing(message))
        case .stream, .notDocker, .tooLarge: false
        }
    }

    /// What ends a state that podman gets into and does not get out of by itself.
    private static func remedy(_ message: String) -> String {
        // Its disk was full when it removed the container: the files went, the container did not.
        if message.contains("getting container from store"), message.contains("not known") {
            return
                "; podman has lost that container's files, and lists no containers until it is removed: "
                + "podman rm -f ID"
        }
        // It is making the container just now, or was killed while it did.
        if message.contains("in use by an external entity") {
            return "; where this stays so and no list shows that name: podman rm -f NAME"
        }
        return ""
    }

    /// Most of an Engine's 500s are mistakes that no repetition mends; these pass.
    private static func isPassing(_ message: String) -> Bool {
        let text = message.lowercased()
        return [
            "deadline exceeded", "timeout", "timed out", "connection refused", "temporarily",
            "resource busy",
        ].contains { text.contains($0) }
    }

    private static func advice(_ code: Int32, _ address: String) -> String {
        guard code != 0 else { return "" }
        let text = " (errno \(code), \(String(cString: strerror(code))))"
        switch code {
        case ENOENT:
            return text + "; is Docker running there? See Actions.Docker.host in the configuration"
        case EACCES:
            return text
                + "; user \(geteuid()) may not open it: change the socket's mode or owner, or use tcp:// with TLS"
        case ECONNREFUSED:
            return text + "; nothing listens there: start Docker, or correct the address"
        default: return text
        }
    }
}
