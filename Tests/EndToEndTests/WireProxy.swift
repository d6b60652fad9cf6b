import Foundation

/// Stands between the CPI and Docker's socket, and at the n-th request does what nobody wants.
final class WireProxy: @unchecked Sendable {
    let path: String
    private let upstream: String
    private let descriptor: Int32
    private let lock = NSLock()
    private var count = 0
    private var effects = 0
    /// Whether a command that is started in a container changes something.
    var countsExecs = false
    private var plan: (meets: @Sendable (Int, Int, String) -> Bool, fault: Fault)?
    private var victim: Int32 = 0
    /// Done when a fault strikes, before anything else.
    var onFault: () -> Void = {}
    private var strikes = 0
    private var seen: [Bool] = []

    init(_ path: String, upstream: String) throws {
        self.path = path
        self.upstream = upstream
        descriptor = try UnixSocket.listen(path)
        Thread.detachNewThread { [self] in
            while true {
                let connection = accept(descriptor, nil, nil)
                guard connection >= 0 else { return }
                Thread.detachNewThread { self.serve(connection) }
            }
        }
    }

    func stop() {
        shutdown(descriptor, Int32(SHUT_RDWR))
        close(descriptor)
    }

    /// From now on requests count from 1; the `number`-th meets `fault`.
    func arm(_ number: Int, _ fault: Fault) {
        arm(fault) { count, _, _ in count == number }
    }

    /// The `number`-th request that changes something meets `fault`.
    func arm(effect number: Int, _ fault: Fault) {
        arm(fault) { [self] _, effects, line in effects == number && isEffect(line) }
    }

    /// A command that is run in a container to look around changes nothing.
    private func isEffect(_ line: String) -> Bool {
        guard !line.hasPrefix("GET "), !line.hasPrefix("HEAD ") else { return false }
        return !line.contains("/exec") || (countsExecs && line.contains("/exec/"))
    }

    /// The first request whose line has `text` in it meets `fault`.
    func arm(_ text: String, _ fault: Fault) {
        arm(fault) { _, _, line in line.contains(text) }
    }

    /// Of the requests after the first one with `first` in its line, the `number`-th with `text` in its
    /// line meets `fault`.
    func arm(_ text: String, after first: String, number: Int = 1, _ fault: Fault) {
        nonisolated(unsafe) var isAfter = false
        nonisolated(unsafe) var seen = 0
        arm(fault) { _, _, line in
            guard isAfter else {
                isAfter = line.contains(first)
                return false
            }
            guard line.contains(text) else { return false }
            seen += 1
            return seen == number
        }
    }

    private func arm(_ fault: Fault, _ meets: @escaping @Sendable (Int, Int, String) -> Bool) {
        lock.withLock {
            count = 0
            effects = 0
            plan = (meets, fault)
            victim = 0
            strikes = 0
        }
    }

    /// From now on it notes what comes.
    func record() { lock.withLock { seen = [] } }

    /// Whether it changes something, of each request that has come since then.
    var recorded: [Bool] { lock.withLock { seen } }

    /// Whom to kill.
    func aim(at process: Int32) { lock.withLock { victim = process } }

    /// Nothing more is done; says whether the fault took place.
    func disarm() -> Bool {
        lock.withLock {
            plan = nil
            return strikes > 0
        }
    }

    private func next(_ request: [UInt8]) -> Fault? {
        let line = String(decoding: request.prefix { $0 != 13 }, as: UTF8.self)
        return lock.withLock {
            count += 1
            effects += isEffect(line) ? 1 : 0
            seen.append(isEffect(line))
            guard let plan, strikes < plan.fault.strikes, plan.meets(count, effects, line) else {
                return nil
            }
            strikes += 1
            return plan.fault
        }
    }

    /// One request to a connection: what is forwarded asks Docker to close, and so does the reply.
    private func serve(_ client: Int32) {
        defer { close(client) }
        guard let request = readRequest(client) else { return }
        let fault = next(request)
        if fault != nil { onFault() }
        switch fault {
        case .killBefore: return strike()
        case .cut: return
        case .status500, .broken: return answer(client, 500, "the wire proxy says no")
        case .busy: return answer(client, 409, "removal of container x is already in progress")
        case .page: return send(client, WireProxy.page)
        case .delay: sleep(1)
        case .late: sleep(9)
        case .hang:
            _ = receive(client)  // until the caller gives up
            return
        default: break
        }
        guard let docker = try? UnixSocket.connect(upstream) else { return }
        defer { close(docker) }
        send(docker, request)
        if fault == .killDuring {
            sleep(1)
            return strike()
        }
        var isFirst = true
        while let part = receive(docker) {
            if isFirst, fault == .killAfter || fault == .dropReply {
                // Docker answers when it has done it; a stream's end is waited for.
                while receive(docker) != nil {}
                return fault == .killAfter ? strike() : ()
            }
            isFirst = false
            send(client, part)
        }
    }

    private func answer(_ client: Int32, _ status: Int, _ message: String) {
        let body = #"{"message":"\#(message)"}"#
        let head =
            "HTTP/1.1 \(status) No\r\nContent-Type: application/json\r\n"
            + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n"
        send(client, Array((head + body).utf8))
    }

    func strike() {
        for _ in 0..<1_000 {
            let process = lock.withLock { victim }
            if process > 0 {
                kill(process, SIGKILL)
                return
            }
            usleep(1_000)
        }
    }

    /// Head and body; nil when the client sent none.
    private func readRequest(_ client: Int32) -> [UInt8]? {
        var bytes: [UInt8] = []
        let end: [UInt8] = [13, 10, 13, 10]
        while bytes.firstRange(of: end) == nil {
            guard let part = receive(client) else { return nil }
            bytes += part
        }
        guard let head = bytes.firstRange(of: end) else { return nil }
        let lines = String(decoding: bytes[..<head.lowerBound], as: UTF8.self).components(
            separatedBy: "\r\n")
        let length =
            lines.first { $0.lowercased().hasPrefix("content-length:") }
            .flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) } ?? 0
        if lines.contains(where: { $0.lowercased().hasPrefix("expect:") }) {
            send(client, Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
        }
        while bytes.count < head.upperBound + length {
            guard let part = receive(client) else { return nil }
            bytes += part
        }
        let kept = lines.filter {
            !$0.lowercased().hasPrefix("expect:") && !$0.lowercased().hasPrefix("connection:")
        }
        let text = (kept + ["Connection: close"]).joined(separator: "\r\n") + "\r\n\r\n"
        return Array(text.utf8) + bytes[head.upperBound...]
    }

    private func receive(_ descriptor: Int32) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = read(descriptor, &buffer, buffer.count)
        return count > 0 ? Array(buffer[..<count]) : nil
    }

    private func send(_ descriptor: Int32, _ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}

extension WireProxy.Fault {
    var isKill: Bool { [.killBefore, .killAfter, .killDuring].contains(self) }
    fileprivate var strikes: Int {
        switch self {
        case .busy: 3
        case .broken: .max
        default: 1
        }
    }
}
