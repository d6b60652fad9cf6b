import Engine

/// Random choices that a seed decides (splitmix64), and ways to break what is valid.
struct Dice: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }

    /// A document with one value, or some bytes, other than they were.
    mutating func broken(_ bytes: [UInt8]) -> [UInt8] {
        guard below(3) > 0, let json = try? JSON(parsing: bytes) else { return scrambled(bytes) }
        return changed(json).bytes
    }

    /// The same document with a value somewhere in it replaced or left out.
    mutating func changed(_ json: JSON) -> JSON {
        guard below(4) > 0 else { return anything() }
        switch json {
        case .object(var members):
            guard let key = members.keys.sorted().randomElement(using: &self) else {
                return anything()
            }
            if below(6) == 0 {
                members[key] = nil
            } else {
                members[key] = changed(members[key] ?? .null)
            }
            return .object(members)
        case .array(var elements):
            guard !elements.isEmpty else { return [anything()] }
            let index = below(elements.count)
            switch below(6) {
            case 0: elements.remove(at: index)
            case 1: elements.append(elements[index])
            default: elements[index] = changed(elements[index])
            }
            return .array(elements)
        default: return anything()
        }
    }

    /// Bytes that are cut off, changed, or said twice.
    mutating func scrambled(_ bytes: [UInt8]) -> [UInt8] {
        guard !bytes.isEmpty else { return [UInt8(below(256))] }
        var copy = bytes
        switch below(4) {
        case 0: copy.removeLast(below(copy.count))
        case 1: for _ in 0...below(4) { copy[below(copy.count)] = UInt8(below(256)) }
        case 2: copy.insert(contentsOf: copy.prefix(below(copy.count)), at: below(copy.count))
        default:
            let depth = [10, 600, 5_000][below(3)]
            copy = [UInt8](repeating: UInt8(ascii: ["[", "{"][below(2)]), count: depth) + copy
        }
        return copy
    }

    /// A response that Docker would not give. Whether a command has ended stays as it is: until it has,
    /// it is asked for again, in real time.
    mutating func `break`(_ response: inout Response, of request: Request) {
        if request.path.contains("/exec/"), request.path.hasSuffix("/json") {
            response.status = [200, 404, 500][below(3)]
            return
        }
        switch below(6) {
        case 0: response.status = [0, 100, 204, 301, 304, 400, 404, 409, 500, 503][below(10)]
        case 1: response.headers = [:]
        case 2: response.headers = response.headers.mapValues { _ in strings[below(strings.count)] }
        default: response.body = broken(response.body)
        }
    }

    private mutating func anything() -> JSON {
        switch below(8) {
        case 0: return .null
        case 1: return .bool(below(2) == 0)
        case 2: return .integer([0, -1, 1, .max, .min, 4_294_967_296, 65_536][below(7)])
        case 3: return .number([0.5, -1e300, 1e308, 1e19, -0.0][below(5)])
        case 4: return .array((0..<below(4)).map { _ in anything() })
        case 5:
            let pairs = (0..<below(4)).map { _ in (strings[below(strings.count)], anything()) }
            return .object(Dictionary(pairs) { first, _ in first })
        case 6: return (0..<below(300)).reduce(.null) { inner, _ in [inner] }
        default: return .string(strings[below(strings.count)])
        }
    }

    private let strings = [
        "", " ", "a", "-", "/", "..", "../../etc/passwd", "vm-1", "c-1", "disk:1", "a\u{0}b", "\n",
        "\u{1b}[31m", "é̂\u{202e}x", "10.0.0.1", "::", "1e9", "0x10", "999999999999999999999",
        "%00%zz",
        "{\"a\":1}", "sha256:", ":", "@", "a=b,c", "\u{fffd}", String(repeating: "x", count: 5_000),
        "unix://", "tcp://[::1]:99999", "tcp://h:0", "-----BEGIN", "1.99", "0001-01-01T00:00:00Z",
    ]
}
