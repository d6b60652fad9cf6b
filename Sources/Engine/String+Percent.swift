extension String {
    /// RFC 3986: everything but unreserved characters as %XX, so that a value cannot end its path segment
    /// or parameter.
    var percentEncoded: String {
        var result = ""
        for byte in utf8 {
            if byte.isNameCharacter || byte == UInt8(ascii: "~") {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let hex = String(byte, radix: 16, uppercase: true)
                result += "%" + (hex.count == 1 ? "0" : "") + hex
            }
        }
        return result
    }
}
