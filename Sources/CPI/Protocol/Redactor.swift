import Engine
import Synchronization

/// Takes secrets out of every text that leaves the process: answers, the journal, log lines.
///
/// It knows secrets in two ways: those that the request and the configuration brought, in whatever
/// encoding they come back (JSON, Go's quotes, URLs), and anything that stands where a secret stands
/// (`password=…`, `https://user:…@host`, `Authorization: …`, private keys). One for each process.
final class Redactor: Sendable {
    /// What stands in the place of a secret.
    static let mark = "***"

    private let known = Mutex(KnownSecrets())

    init() {}

    /// Keeps a secret. `isCertain`: it stood where nothing but a secret stands, so that also a short
    /// one counts. What is too short or too common to be told from other words is not kept.
    func learn(_ secret: String, isCertain: Bool = true) {
        known.withLock { $0.insert(secret, isCertain: isCertain) }
    }

    func clean(_ text: String) -> String {
        let bytes = Array(text.utf8)
        let found = known.withLock { $0.ranges(in: bytes) } + SecretPatterns.ranges(in: bytes)
        guard !found.isEmpty else { return text }
        var result: [UInt8] = []
        var end = 0
        for range in Redactor.merged(found) {
            result += bytes[end..<range.lowerBound] + Array(Redactor.mark.utf8)
            end = range.upperBound
        }
        return String(decoding: result + bytes[end...], as: UTF8.self)
    }

    /// Cleans all strings of a document, and those that are called a secret by their key.
    func clean(_ json: JSON) -> JSON {
        switch json {
        case .string(let text): .string(clean(text))
        case .array(let elements): .array(elements.map(clean))
        case .object(let members):
            .object(
                Dictionary(
                    members.map { key, value in
                        let isSecret = SecretNames.hides(key) && value.mayBeSecret
                        return (clean(key), isSecret ? .string(Redactor.mark) : clean(value))
                    }, uniquingKeysWith: { _, last in last }))
        default: json
        }
    }

    /// Cleans a JSON text and gives a valid one back. Unchanged, to the byte, when nothing is in it.
    func clean(jsonText text: String) -> String {
        guard let json = try? JSON(parsing: text.utf8) else { return clean(text) }
        let cleaned = clean(json)
        return cleaned == json ? text : cleaned.text
    }

    /// Shortened too.
    func clean(_ error: CPIError) -> CPIError {
        var copy = error
        copy.message = clean(error.message).shortened
        return copy
    }

    /// Secrets may overlap, or one be part of another.
    private static func merged(_ ranges: [Range<Int>]) -> [Range<Int>] {
        var merged: [Range<Int>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, range.lowerBound <= last.upperBound {
                merged[merged.count - 1] =
                    last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        return merged
    }
}

extension JSON {
    /// A text that is not empty, or a number: YAML makes one of a password of digits.
    fileprivate var mayBeSecret: Bool {
        switch self {
        case .string(let text): !text.isEmpty
        case .integer, .number: true
        default: false
        }
    }
}
