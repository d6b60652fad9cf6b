import CCurl
import Glibc

/// HTTP/1.1 over a Unix socket or TCP, by libcurl. The only file that calls it.
final class Curl {
    private let address: Address
    private let handle: UnsafeMutableRawPointer
    private let errorText: UnsafeMutablePointer<CChar>

    /// Throws `EngineError.notDocker` when this libcurl cannot do what the address needs.
    init(_ address: Address) throws {
        _ = Curl.initialized
        guard let handle = curl_easy_init() else {
            throw EngineError.notDocker(address: address.text, detail: "libcurl cannot start")
        }
        self.address = address
        self.handle = handle
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        curl_easy_cleanup(handle)
        errorText.deallocate()
    }

    private static let initialized: Bool = {
        signal(SIGPIPE, SIG_IGN)  // CURLOPT_NOSIGNAL leaves that to us
        return curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
    }()

    /// Sends one request and waits for its whole response.
    func send(_ request: Request) throws -> Response {
        curl_easy_reset(handle)
        errorText[0] = 0
        let transfer = Transfer(request)
        let pointer = Unmanaged.passUnretained(transfer).toOpaque()
        var list: UnsafeMutablePointer<curl_slist>?
        defer { curl_slist_free_all(list) }
        for (name, value) in headers(of: request) {
            list = curl_slist_append(list, "\(name): \(value)")
        }

        try connect()
        try describe(request, list, pointer)
        let code = withExtendedLifetime(transfer) { curl_easy_perform(handle) }

        var status = 0
        ccurl_get_long(handle, CURLINFO_RESPONSE_CODE, &status)
        // Docker may answer and close before it has read all of an upload: that is an answer.
        let answered = code == CURLE_SEND_ERROR && status >= 400
        guard code == CURLE_OK || answered else { throw failure(code, request, transfer) }
        return Response(status: status, headers: transfer.headers, body: transfer.body)
    }

    private func connect() throws {
        try check(ccurl_set_pointer(handle, CURLOPT_ERRORBUFFER, errorText))
        try check(ccurl_set_long(handle, CURLOPT_NOSIGNAL, 1))
        try check(ccurl_set_text(handle, CURLOPT_PROTOCOLS_STR, "http,https"))
        // A name of dots is Docker's to refuse, not curl's to resolve.
        try check(ccurl_set_long(handle, CURLOPT_PATH_AS_IS, 1))
        try check(ccurl_set_long(handle, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1)))
        // A proxy in the environment is for the director's downloads, never for Docker.
        try check(ccurl_set_text(handle, CURLOPT_NOPROXY, "*"))
        try check(ccurl_set_long(handle, CURLOPT_CONNECTTIMEOUT_MS, 10_000))
        try check(ccurl_set_long(handle, CURLOPT_TCP_KEEPALIVE, 1))
        if case .unix(let path) = address.endpoint {
            try check(ccurl_set_text(handle, CURLOPT_UNIX_SOCKET_PATH, path))
        }
        guard let tls = address.tls else { return }
        try blob(CURLOPT_CAINFO_BLOB, tls.ca)
        try blob(CURLOPT_SSLCERT_BLOB, tls.certificate)
        try blob(CURLOPT_SSLKEY_BLOB, tls.privateKey)
        try check(ccurl_set_text(handle, CURLOPT_SSLCERTTYPE, "PEM"))
        try check(ccurl_set_text(handle, CURLOPT_SSLKEYTYPE, "PEM"))
    }

    private func describe(
        _ request: Request, _ list: UnsafeMutablePointer<curl_slist>?,
        _ transfer: UnsafeMutableRawPointer
    ) throws {
        try check(ccurl_set_text(handle, CURLOPT_URL, address.base + request.target))
        try check(ccurl_set_list(handle, CURLOPT_HTTPHEADER, list))
        try check(ccurl_set_pointer(handle, CURLOPT_WRITEDATA, transfer))
        try check(ccurl_set_data_callback(handle, CURLOPT_WRITEFUNCTION, receiveBody))
        try check(ccurl_set_pointer(handle, CURLOPT_HEADERDATA, transfer))
        try check(ccurl_set_data_callback(handle, CURLOPT_HEADERFUNCTION, receiveHeader))
        switch request.body {
        case .none where request.method == "HEAD":
            try check(ccurl_set_long(handle, CURLOPT_NOBODY, 1))
        case .none where request.method == "POST":
            try post([])  // Docker refuses a start whose empty body has no length
        case .none: break
        case .bytes(let bytes, _): try post(bytes)
        case .file(_, let size, _):
            try check(ccurl_set_long(handle, CURLOPT_UPLOAD, 1))
            try check(ccurl_set_offset(handle, CURLOPT_INFILESIZE_LARGE, curl_off_t(size)))
            try check(ccurl_set_pointer(handle, CURLOPT_READDATA, transfer))
            try check(ccurl_set_data_callback(handle, CURLOPT_READFUNCTION, sendBody))
            try check(ccurl_set_long(handle, CURLOPT_UPLOAD_BUFFERSIZE, 1 << 20))
        }
        if request.method != "HEAD" {
            try check(ccurl_set_text(handle, CURLOPT_CUSTOMREQUEST, request.method))
        }
        // On a reused connection libcurl repeats a request whose connection has died: harmless for
        // reading, a second effect for anything else.
        if !request.isRead { try check(ccurl_set_long(handle, CURLOPT_FRESH_CONNECT, 1)) }
        switch request.limit {
        case .total(let seconds):
            try check(ccurl_set_long(handle, CURLOPT_TIMEOUT_MS, max(1, Int(seconds * 1_000))))
        case .idle:
            try check(ccurl_set_long(handle, CURLOPT_NOPROGRESS, 0))
            try check(ccurl_set_pointer(handle, CURLOPT_XFERINFODATA, transfer))
            try check(ccurl_set_progress_callback(handle, watchProgress))
        }
    }

    private func post(_ bytes: [UInt8]) throws {
        try check(ccurl_set_offset(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count)))
        try bytes.withUnsafeBytes {
            // An empty buffer has no address, and without one libcurl would read from stdin.
            let start = UnsafeMutableRawPointer(mutating: $0.baseAddress)
            if let start {
                try check(ccurl_set_pointer(handle, CURLOPT_COPYPOSTFIELDS, start))
            } else {
                try check(ccurl_set_text(handle, CURLOPT_COPYPOSTFIELDS, ""))
            }
        }
    }

    private func headers(of request: Request) -> [(String, String)] {
        var headers = request.headers.map { ($0.name, $0.value) }
        switch request.body {
        case .none: break
        case .bytes(_, let type):
            headers.append(("Content-Type", type))
            headers.append(("Expect", ""))  // no second's wait for a 100 before a small body
        case .file(_, _, let type): headers.append(("Content-Type", type))
        }
        return headers
    }

    private func blob(_ option: CURLoption, _ text: String) throws {
        var text = text
        try text.withUTF8 { try check(ccurl_set_blob(handle, option, $0.baseAddress, $0.count)) }
    }

    private func check(_ code: CURLcode) throws {
        guard code != CURLE_OK else { return }
        let detail =
            "this libcurl cannot do what is needed: \(String(cString: curl_easy_strerror(code)))"
        throw EngineError.notDocker(address: address.text, detail: detail)
    }

    /// TLS 1.3 tells a client that its certificate is not wanted only after the handshake. Other alerts may come in the
    /// middle of a transfer: then nobody knows what became of the request.
    private static func isRefusal(_ detail: String) -> Bool {
        detail.contains("alert")
            && ["certificate", "unknown ca", "handshake", "access denied", "protocol version"]
                .contains { detail.contains($0) }
    }

    private func failure(_ code: CURLcode, _ request: Request, _ transfer: Transfer) -> EngineError
    {
        var detail = String(cString: errorText)
        if detail.isEmpty { detail = String(cString: curl_easy_strerror(code)) }
        var errno = 0
        var connectTime: curl_off_t = 0
        ccurl_get_long(handle, CURLINFO_OS_ERRNO, &errno)
        ccurl_get_offset(handle, CURLINFO_PRETRANSFER_TIME_T, &connectTime)
        if code == CURLE_SSL_CERTPROBLEM {
            detail += "; a certificate and its private_key must belong together"
        }
        if code == CURLE_SSL_CACERT_BADFILE { detail += "; ca must be a certificate in PEM" }
        switch code {
        case CURLE_WRITE_ERROR where transfer.isTooLarge:
            return .tooLarge(request: request.summary, limit: request.largestBody)
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_HTTP2,
            CURLE_BAD_CONTENT_ENCODING:
            return .notDocker(address: address.text, detail: detail)
        case CURLE_OPERATION_TIMEDOUT where connectTime > 0, CURLE_ABORTED_BY_CALLBACK:
            return .lost(
                address: address.text, request: request.summary, detail: transfer.ending(detail))
        case _ where address.tls != nil && transfer.status == 0 && Curl.isRefusal(detail):
            return .unreachable(address: address.text, errno: 0, detail: detail)
        case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_SSL_CONNECT_ERROR,
            CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE,
            CURLE_OPERATION_TIMEDOUT:
            if errno != 0, address.tls == nil { detail = "the connection failed" }
            return .unreachable(address: address.text, errno: Int32(errno), detail: detail)
        default:
            return .lost(address: address.text, request: request.summary, detail: detail)
        }
    }
}

extension Request {
    /// Path and query as they stand in the request line.
    var target: String {
        guard !query.isEmpty else { return path }
        let pairs = query.map { "\($0.name)=\($0.value.percentEncoded)" }
        return path + "?" + pairs.joined(separator: "&")
    }
}
