import CCurl
import Glibc

/// The state of one request under way, as libcurl's callbacks see it.
final class Transfer {
    let request: Request
    var headers: [String: String] = [:]
    var body: [UInt8] = []
    /// Of the response; 0 before it began.
    private(set) var status = 0
    /// Why the file that is sent could not be read; 0 when it could.
    private(set) var readError: Int32 = 0
    private var moved: Int64 = -1
    private var movedAt = ContinuousClock.now
    private var timedOut = false
    /// The body was larger than the request allows.
    private(set) var isTooLarge = false

    init(_ request: Request) { self.request = request }

    /// False ends the request.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if let onData = request.onData, status < 400 {
            onData(bytes)
            return true
        }
        isTooLarge = bytes.count > request.largestBody - body.count
        guard !isTooLarge else { return false }
        body.append(contentsOf: bytes)
        return true
    }

    /// One header line. A status line begins a new response: there may be a 100 before the real one.
    func receiveHeader(_ line: String) {
        if line.hasPrefix("HTTP/") {
            headers = [:]
            status = Int(line.split(separator: " ").dropFirst().first ?? "") ?? 0
        } else if let colon = line.firstIndex(of: ":") {
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            headers[line[..<colon].lowercased()] = value.filter { !$0.isNewline }
        }
    }

    /// Copies the next part of the file into libcurl's buffer; nil aborts the request.
    func read(into buffer: UnsafeMutableRawPointer, _ length: Int) -> Int? {
        guard case .file(let descriptor, _, _) = request.body else { return 0 }
        while true {
            let count = Glibc.read(descriptor, buffer, length)
            if count >= 0 { return count }
            guard errno == EINTR else {
                readError = errno
                return nil
            }
        }
    }

    /// False once no byte has moved in either direction for longer than the request's idle limit.
    func isAlive(_ total: Int64) -> Bool {
        guard case .idle(let seconds) = request.limit else { return true }
        if total != moved {
            moved = total
            movedAt = .now
        }
        timedOut = ContinuousClock.now - movedAt > .seconds(seconds)
        return !timedOut
    }

    /// What ended the request: one of the two limits, or the file that is sent.
    func ending(_ detail: String) -> String {
        guard readError == 0 else {
            return "the file that is sent cannot be read: \(String(cString: strerror(readError)))"
        }
        guard case .idle(let seconds) = request.limit, timedOut else { return detail }
        return "nothing moved for \(Int(seconds)) seconds"
    }
}

private func transfer(_ pointer: UnsafeMutableRawPointer?) -> Transfer? {
    pointer.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
}

// libcurl's callbacks. No Swift error may cross them.

func receiveBody(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
    _ pointer: UnsafeMutableRawPointer?
) -> Int {
    let part = UnsafeRawBufferPointer(start: bytes, count: size * count)
    return transfer(pointer)?.receive(part) == false ? 0 : size * count
}

func receiveHeader(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
    _ pointer: UnsafeMutableRawPointer?
) -> Int {
    let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
    transfer(pointer)?.receiveHeader(String(decoding: line, as: UTF8.self))
    return size * count
}

func sendBody(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
    _ pointer: UnsafeMutableRawPointer?
) -> Int {
    guard let bytes, let transfer = transfer(pointer) else { return Int(CURL_READFUNC_ABORT) }
    return transfer.read(into: bytes, size * count) ?? Int(CURL_READFUNC_ABORT)
}

func watchProgress(
    _ pointer: UnsafeMutableRawPointer?, _ toGet: curl_off_t, _ got: curl_off_t,
    _ toSend: curl_off_t, _ sent: curl_off_t
) -> Int32 {
    transfer(pointer)?.isAlive(Int64(got + sent)) == false ? 1 : 0
}
