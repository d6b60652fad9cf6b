import Engine
import Foundation

/// The process is gone: nothing more of it reaches Docker. Production code knows no such error.
struct SimulatedKill: Error {}

/// A request that no code of ours has a reason to send.
struct NoSuchCall: Error, CustomStringConvertible {
    let request: String
    var description: String { "no such call in FakeDocker: \(request)" }
}

/// Docker Engine 26 as it shows itself at the wire: in memory, and as unwilling as the real one.
final class FakeDocker {
    /// What may go wrong with one request.
    enum Fault {
        /// Not applied: no connection.
        case beforeSending
        /// Applied, and the answer did not arrive.
        case lostReply
        /// Not applied, and answered with this status.
        case status(Int, String)
        /// No answer, and applied by `catchUp`, when the caller has given it up.
        case late
        /// The caller dies before or after the request took effect.
        case kill, killAfter
        /// The caller dies; the request is carried out by `catchUp`.
        case killLate
    }

    var state = State()
    /// The newest API version it speaks; nil for something that is no Docker.
    var apiVersion: String? = "1.45"
    /// Whether the agent inside the containers runs and has its message bus.
    var agentIsUp = true
    /// The VMs have all the processes that they may have: Docker answers as it does then.
    var startsNoCommands = false
    /// Whether entry scripts come to their end.
    var entryScriptEnds = true
    /// Images without a name stay when nothing stands on them any more, as in the image store of containerd.
    var keepsParents = false
    /// Why VMs cannot mount the device of their volumes; nil when they can.
    var whyNot: String?
    /// Who uses each disk that is to be unmounted.
    var diskUser: String?
    /// The exit code of a container that stops as soon as it is started; nil for one that stays.
    var exitAfterStart: ((State.Container) -> Int?) = { _ in nil }
    /// Called with the number of the request, from 1.
    var onRequest: ((Int, Request) -> Fault?)?
    /// Called once, at the moment of a kill.
    var onKill: (() -> Void)?

    /// "POST /volumes/create": every request that arrived, without its API version.
    private(set) var requests: [String] = []
    /// What was to change, in a few words each: "stop vm-1", "remove volume x!409".
    private(set) var story: [String] = []
    private(set) var count = 0
    /// The bytes in the bodies of all answers.
    private(set) var answered = 0
    private var late: [Request] = []
    /// Whether the caller was killed: it says nothing more, to nobody.
    private(set) var isDead = false
    private var told: String?

    var transport: Transport { { try self.answer($0) } }
    /// What speaks to it, as a test may want to itself.
    var engine: Engine { Engine(address: "fake", timeout: 60, transport: transport) }

    /// A new process talks to the same Docker.
    func revive() {
        isDead = false
        onRequest = nil
        onKill = nil
        forget()
    }

    /// Carries out what it was late with.
    func catchUp() throws {
        for request in late { _ = try apply(request) }
        late = []
    }

    /// Somebody else talks to the same Docker, perhaps in the middle of a request of the call under
    /// test: none of that call's faults is for them, and none of their requests is counted as its.
    func apart<T>(_ body: () throws -> T) rethrows -> T {
        let kept = (onRequest, onKill, isDead, requests, story, count, answered, told)
        (onRequest, onKill, isDead) = (nil, nil, false)
        defer { (onRequest, onKill, isDead, requests, story, count, answered, told) = kept }
        return try body()
    }

    func forget() {
        requests = []
        story = []
        count = 0
        answered = 0
    }

    private func answer(_ request: Request) throws -> Response {
        guard !isDead else { throw SimulatedKill() }
        count += 1
        let fault = onRequest?(count, request)
        switch fault {
        case .beforeSending:
            throw EngineError.unreachable(
                address: "fake", errno: ECONNREFUSED, detail: "the connection failed")
        case .kill: throw die()
        case .status(let status, let message): return refusal(status, message)
        case .late:
            late.append(request)
            throw EngineError.lost(address: "fake", request: request.summary, detail: "cut off")
        case .killLate:
            late.append(request)
            throw die()
        default: break
        }
        let response = try apply(request)
        switch fault {
        case .lostReply:
            throw EngineError.lost(address: "fake", request: request.summary, detail: "cut off")
        case .killAfter: throw die()
        default: return response
        }
    }

    /// The process that talks to it is killed now.
    @discardableResult
    func die() -> SimulatedKill {
        guard !isDead else { return SimulatedKill() }
        isDead = true
        onKill?()
        return SimulatedKill()
    }

    private func apply(_ request: Request) throws -> Response {
        told = nil
        let response: Response
        do {
            let call = try Call(request)
            requests.append("\(request.method) \(call.path)")
            try requireKnownVersion(call.version)
            response = try route(call)
        } catch let error as Refusal {
            response = refusal(error.status, error.message)
        }
        answered += response.body.count
        if let told { story.append(response.status < 300 ? told : "\(told)!\(response.status)") }
        return response
    }

    private func requireKnownVersion(_ version: APIVersion) throws {
        guard let most = apiVersion.flatMap(APIVersion.init), version > most else { return }
        throw Refusal(
            400, "client version \(version) is too new. Maximum supported API version is \(most)")
    }

    /// What the request is about, for the story.
    func tell(_ words: String) { told = words }

    private func route(_ call: Call) throws -> Response {
        switch (call.request.method, call.parts.first ?? "") {
        case ("GET", "_ping"):
            let podman = state.buildah.map { _ in ["libpod-api-version": "5.4.2"] } ?? [:]
            let version = apiVersion.map { ["api-version": $0] } ?? [:]
            return Response(status: 200, headers: version.merging(podman) { $1 })
        case ("GET", "info"):
            let own: [String: JSON] = [
                "ID": .string(
                    state.buildah == nil ? state.daemon : "\(UInt64.random(in: 0...UInt64.max))"),
                "CgroupVersion": .string(state.cgroupVersion),
                "Architecture": .string(state.architecture),
                "OperatingSystem": .string(state.operatingSystem),
                "SecurityOptions": JSON(state.securityOptions),
                "BuildahVersion": state.buildah.map(JSON.string) ?? .null,
                "Name": "fake", "DockerRootDir": "/var/lib/fake",
            ]
            return ok(.object(own.merging(state.info) { $1 }))
        case ("GET", "system") where call.parts.last == "df": return usage()
        case (_, "containers"): return try containers(call)
        case (_, "exec"): return try execs(call)
        case ("POST", "commit"): return try commit(call)
        case (_, "images"): return try images(call)
        case ("GET", "distribution"): return try distribution(call)
        case (_, "networks"): return try networks(call)
        case (_, "volumes"): return try volumes(call)
        default: throw NoSuchCall(request: call.request.summary)
        }
    }

    func ok(_ json: JSON, status: Int = 200) -> Response {
        Response(status: status, headers: ["content-type": "application/json"], body: json.bytes)
    }

    private func refusal(_ status: Int, _ message: String) -> Response {
        status == 304
            ? Response(status: 304) : ok(["message": .string(message)], status: status)
    }
}
