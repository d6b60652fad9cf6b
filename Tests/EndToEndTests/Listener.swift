import Foundation

/// A Unix socket on which every connection gets the same reply, or none at all.
final class Listener: @unchecked Sendable {
    let path: String
    private let descriptor: Int32
    private let lock = NSLock()
    private var connections: [Int32] = []

    init(_ path: String, reply: String?) throws {
        self.path = path
        descriptor = try UnixSocket.listen(path)
        Thread.detachNewThread { [self] in
            while true {
                let connection = accept(descriptor, nil, nil)
                guard connection >= 0 else { return }
                lock.withLock { connections.append(connection) }
                guard let reply else { continue }
                _ = reply.withCString { write(connection, $0, strlen($0)) }
                usleep(50_000)
                shutdown(connection, Int32(SHUT_WR))
            }
        }
    }

    func stop() {
        shutdown(descriptor, Int32(SHUT_RDWR))
        close(descriptor)
        lock.withLock { connections.forEach { close($0) } }
    }
}

/// Sockets by path.
enum UnixSocket {
    struct Failure: Error { let errno: Int32 }

    static func listen(_ path: String) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        unlink(path)
        try withAddress(path) { address, length in
            guard bind(descriptor, address, length) == 0, Glibc.listen(descriptor, 64) == 0 else {
                throw Failure(errno: errno)
            }
        }
        return descriptor
    }

    static func connect(_ path: String) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        try withAddress(path) { address, length in
            guard Glibc.connect(descriptor, address, length) == 0 else {
                throw Failure(errno: errno)
            }
        }
        return descriptor
    }

    private static func withAddress(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) throws -> Void
    ) throws {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw Failure(errno: ENAMETOOLONG)
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        try withUnsafePointer(to: &address) {
            try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                try body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
