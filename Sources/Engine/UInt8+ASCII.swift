/// Kinds of bytes of a text. Bytes of what is not ASCII are of none.
extension UInt8 {
    @inlinable public var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
    @inlinable public var isCapital: Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) }
    @inlinable public var isSmallLetter: Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self)
    }
    @inlinable public var isAlphanumeric: Bool { isDigit || isCapital || isSmallLetter }
    @inlinable public var isHexDigit: Bool {
        isDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self | 0x20)
    }

    /// Of names in Docker, in BOSH and in hosts' names.
    @inlinable public var isNameCharacter: Bool {
        isAlphanumeric || self == UInt8(ascii: "-") || self == UInt8(ascii: ".")
            || self == UInt8(ascii: "_")
    }

    public static let newline = UInt8(ascii: "\n")

    /// A space, or an end of a line.
    @inlinable public var isSpace: Bool {
        self == UInt8(ascii: " ") || (UInt8(ascii: "\t")...UInt8(ascii: "\r")).contains(self)
    }
}
