import Engine
import Foundation

/// Docker's no.
struct Refusal: Error {
    let status: Int
    let message: String

    init(_ status: Int, _ message: String) {
        self.status = status
        self.message = message
    }
}

extension FakeDocker {
    /// A request taken apart.
    struct Call {
        let request: Request
        let version: APIVersion
        /// Without the API version, still percent-encoded.
        let path: String
        /// Decoded.
        let parts: [String]

        init(_ request: Request) throws {
            self.request = request
            var all = request.path.split(separator: "/").map(String.init)
            var version: APIVersion?
            if let first = all.first, first.hasPrefix("v"),
                let its = APIVersion(String(first.dropFirst()))
            {
                version = its
                all.removeFirst()
            }
            path = "/" + all.joined(separator: "/")
            parts = all.map { $0.removingPercentEncoding ?? $0 }
            guard let version else {
                // Nothing but the negotiation may leave the version to the Engine.
                guard path == "/_ping" else { throw NoSuchCall(request: request.summary) }
                self.version = APIVersion(1, 41)
                return
            }
            self.version = version
        }

        func query(_ name: String) -> String? {
            request.query.first { $0.name == name }?.value
        }

        func queries(_ name: String) -> [String] {
            request.query.filter { $0.name == name }.map(\.value)
        }

        var body: JSON {
            guard case .bytes(let bytes, _) = request.body else { return .null }
            return (try? JSON(parsing: bytes)) ?? .null
        }

        /// `filters={"label":["a=b"]}`
        var filters: [String: [String]] {
            guard let text = query("filters"), let json = try? JSON(parsing: text.utf8) else {
                return [:]
            }
            return (json.object ?? [:]).mapValues { ($0.array ?? []).compactMap(\.string) }
        }
    }

    /// Whether labels fit filters of the forms "key" and "key=value".
    static func fit(_ labels: [String: String], _ wanted: [String]) -> Bool {
        wanted.allSatisfy { filter in
            let pair = filter.split(separator: "=", maxSplits: 1).map(String.init)
            guard let value = labels[pair[0]] else { return false }
            return pair.count == 1 || value == pair[1]
        }
    }
}
