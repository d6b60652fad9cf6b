/// Splits a stream of JSON documents, however its bytes are cut into pieces.
struct JSONStream {
    private var pending: [UInt8] = []
    private var depth = 0
    private var inString = false
    private var escaped = false

    /// No document is half read.
    var isComplete: Bool { depth == 0 }

    /// Takes the next bytes and returns the documents that they complete.
    mutating func feed(_ bytes: UnsafeRawBufferPointer) -> [JSON] {
        var documents: [JSON] = []
        for byte in bytes {
            // White space between documents.
            if depth == 0 && byte != UInt8(ascii: "{") { continue }
            pending.append(byte)
            step(byte)
            guard depth == 0 else { continue }
            if let document = try? JSON(parsing: pending) { documents.append(document) }
            pending.removeAll(keepingCapacity: true)
        }
        return documents
    }

    private mutating func step(_ byte: UInt8) {
        if escaped {
            escaped = false
        } else if inString {
            if byte == UInt8(ascii: "\\") { escaped = true }
            if byte == UInt8(ascii: "\"") { inString = false }
        } else {
            switch byte {
            case UInt8(ascii: "\""): inString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
        }
    }
}
