import Foundation
import Glibc
import Synchronization

/// A peer on a real Unix socket, as good or bad as a test wants it. Each connection gets the bytes
/// that `answer` gives for the request that was read.
final class SocketServer: Sendable {
    enum Reply: Sendable {
        /// Sent as they are; then the connection is closed.
        case bytes(String)
        /// Closed without a byte, before or after the request was read.
        case closeAtOnce, closeAfterRequest
        /// Nothing until the server goes.
        case silence
        /// These bytes, and then nothing.
        case stall(String)
    }

    let path: String
    private let listener: Int32
    private let ended = DispatchSemaphore(value: 0)
    private let heard = Mutex<[String]>([])
    private let kept = Mutex<[Int32]>([])

    init(_ path: String, _ answer: @escaping @Sendable (String) -> Reply) throws {
        self.path = path
        unlink(path)
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard bound == 0, listen(listener, 16) == 0 else {
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
        }
        Thread {
            while true {
                let connection = accept(self.listener, nil, nil)
                guard connection >= 0 else { break }
                self.serve(connection, answer)
            }
            close(self.listener)
            self.ended.signal()
        }.start()
    }

    /// Request heads and bodies in the order in which they came.
    var requests: [String] { heard.withLock { $0 } }

    /// Ends the thread, and only then lets go of the descriptor: its number may be used again.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        ended.wait()
        kept.withLock { $0.forEach { close($0) } }
    }

    private func serve(_ connection: Int32, _ answer: (String) -> Reply) {
        if case .closeAtOnce = answer("") {
            close(connection)
            return
        }
        let request = SocketServer.read(connection)
        heard.withLock { $0.append(request) }
        switch answer(request) {
        case .bytes(let text):
            SocketServer.write(text, connection)
            close(connection)
        case .closeAtOnce, .closeAfterRequest: close(connection)
        case .silence: kept.withLock { $0.append(connection) }
        case .stall(let text):
            SocketServer.write(text, connection)
            kept.withLock { $0.append(connection) }
        }
    }

    /// Head and as much body as it announces.
    private static func read(_ connection: Int32) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let text = String(decoding: bytes, as: UTF8.self)
            if let end = text.range(of: "\r\n\r\n") {
                let length = text.firstMatch(of: /Content-Length: (\d+)/).flatMap { Int($0.1) } ?? 0
                if text.contains("100-continue"), text[end.upperBound...].isEmpty {
                    write("HTTP/1.1 100 Continue\r\n\r\n", connection)
                }
                if text[end.upperBound...].utf8.count >= length { return text }
            }
            let count = Glibc.read(connection, &buffer, buffer.count)
            guard count > 0 else { return text }
            bytes += buffer[..<count]
        }
    }

    private static func write(_ text: String, _ connection: Int32) {
        let bytes = Array(text.utf8)
        _ = send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// A whole response with a JSON body.
    static func json(_ text: String, status: Int = 200) -> Reply {
        .bytes(
            "HTTP/1.1 \(status) X\r\nApi-Version: 1.45\r\nContent-Type: application/json\r\n"
                + "Content-Length: \(text.utf8.count)\r\nConnection: close\r\n\r\n\(text)")
    }
}
