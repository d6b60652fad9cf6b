import Engine
import FoundationEssentials
import Glibc

/// A stemcell's `image` file: a root file system as a tar, plain or compressed, passed on as it is.
struct ImageFile {
    let path: String

    /// Opens the file for the time of `body`, which gets its descriptor and its size in bytes.
    func read<T>(_ body: (Int32, Int64) throws -> T) throws -> T {
        // A named pipe without a writer would be waited for.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw wrong(String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw wrong("it is not a regular file")
        }
        return try body(descriptor, Int64(status.st_size))
    }

    /// Whether it is there and has nothing in it: a light stemcell's.
    var isEmpty: Bool { (try? read { $1 == 0 }) ?? false }

    /// Looks at the first block: Docker would take any bytes and fail half way, or not at all.
    func requireTar() throws {
        let block = try firstBlock()
        let isTar = block.dropFirst(257).starts(with: "ustar".utf8)
        let magics = [ImageFile.gzip, ImageFile.bzip2, ImageFile.xz, ImageFile.zstd]
        guard isTar || magics.contains(where: { block.starts(with: $0) }) else {
            throw wrong("it is neither a tar nor a gzip, bzip2, xz or zstd file")
        }
    }

    /// What to say beside Docker's error; empty when the packing does not explain it.
    func advice(on error: EngineError) -> String {
        guard error.description.contains("invalid tar header"),
            (try? firstBlock().starts(with: ImageFile.zstd)) == true
        else { return "" }
        return "; the image is packed with zstd, which Docker Engine reads from 23.0 on: "
            + "use such an Engine, or pack it with gzip or xz"
    }

    private static let gzip: [UInt8] = [0x1f, 0x8b]
    private static let bzip2 = Array("BZh".utf8)
    private static let xz: [UInt8] = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]
    private static let zstd: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd]

    private func firstBlock() throws -> ArraySlice<UInt8> {
        try read { descriptor, _ in
            var block = [UInt8](repeating: 0, count: 512)
            let count = pread(descriptor, &block, block.count, 0)
            return block.prefix(max(0, count))
        }
    }

    func wrong(_ why: String) -> CPIError {
        CPIError.cloud("cannot use the image file \(path): \(why)")
    }
}
