import Glibc

/// stdin, stdout and stderr, byte by byte as they are.
public enum Streams {
    /// Before any file is opened: a stream that is closed would be the number of the first one, and what is
    /// written to it would go into the journal. Nothing can be written to what it gets instead.
    public static func fillGaps() {
        for descriptor in 0...2 as ClosedRange<Int32> where fcntl(descriptor, F_GETFD) == -1 {
            _ = open("/dev/null", O_RDONLY)  // the lowest number that is free
        }
    }

    /// Everything up to the end of the stream.
    static func readAll(_ descriptor: Int32) -> [UInt8] {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count > 0 {
                all.append(contentsOf: buffer[..<count])
            } else if count == 0 || errno != EINTR {
                return all
            }
        }
    }

    /// False when nobody reads any more.
    public static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }

    /// Writes a text as UTF-8; false when not all of it could be written.
    @discardableResult
    public static func write(_ text: String, to descriptor: Int32) -> Bool {
        write(Array(text.utf8), to: descriptor)
    }
}
