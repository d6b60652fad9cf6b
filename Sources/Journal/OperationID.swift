/// Names an operation: nine characters of time and five at random, in Crockford's base 32 without
/// its capitals. Sorts by time, and a few characters are enough to type.
public struct OperationID: Sendable {
    public let text: String

    /// A new one for this moment (Unix time in milliseconds; good until the year 3084).
    public init(at milliseconds: Int64) {
        let time = UInt64(bitPattern: milliseconds) & 0x1fff_ffff_ffff
        let chance = UInt64.random(in: 0..<(1 << 25))
        text = OperationID.encode(time, 9) + OperationID.encode(chance, 5)
    }

    /// Whether a text has the form of an operation's id.
    public static func isID(_ text: String) -> Bool {
        text.count == 14 && text.allSatisfy(alphabet.contains)
    }

    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz")

    private static func encode(_ number: UInt64, _ length: Int) -> String {
        String((0..<length).reversed().map { alphabet[Int(number >> UInt64(5 * $0) & 31)] })
    }
}
