import Engine
import FoundationEssentials
import Glibc

/// A stemcell's `image` file: a root file system as a tar, plain or compressed, passed on as it is.
struct ImageFile {
    let path: String

    /// Opens the file for the time of `body`, which gets its descriptor and its size in bytes.
    func read<T>(_ body: (Int32, Int64) throws -> T) throws -> T {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw wrong(String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw wrong("it is not a regular file")
        }
        return try body(descriptor, Int64(status.st_size))
    }

    /// Looks at the first block: Docker would take any bytes and fail half way, or not at all.
    func requireTar() throws {
        let block = try firstBlock()
        guard !block.isEmpty else {
            throw wrong("it is empty; light stemcells (a reference to an image) are not supported")
        }
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

    private func wrong(_ why: String) -> CPIError {
        CPIError(kind: .cloud, message: "cannot use the image file \(path): \(why)")
    }
}

/// Name, version and operating system: from the cloud_properties, else from the stemcell.MF that
/// lies beside the image.
struct StemcellDescription {
    let labels: [String: String]

    init(_ properties: Field, tags: Field, _ file: ImageFile) throws {
        let known = try properties.optional { try $0.object() } ?? [:]
        let manifest = StemcellDescription.manifest(beside: file.path)
        func text(_ keys: String...) throws -> String {
            for key in keys where !properties.member(key).isAbsent {
                return known[key]?.string ?? known[key]?.double.map { _ in known[key]?.text ?? "" }
                    ?? ""
            }
            return keys.compactMap { manifest[$0] }.first ?? ""
        }
        for key in ["name", "os_type", "os_distro"] {
            _ = try properties.member(key).optional { try $0.string() }
        }
        var labels = [
            "io.bosh.stemcell.name": try text("name"),
            "io.bosh.stemcell.version": try text("version"),
            "io.bosh.stemcell.os": try text("os_distro", "operating_system", "os_type"),
        ]
        let pairs = try tags.optional { try $0.object() } ?? [:]
        for (key, value) in pairs { labels["io.bosh.tag.\(key)"] = value.string ?? value.text }
        self.labels = labels.filter { !$0.value.isEmpty }
    }

    /// The plain `key: value` lines at the top level of the file; enough of YAML for what is asked.
    private static func manifest(beside path: String) -> [String: String] {
        let directory = path.lastIndex(of: "/").map { path[...$0] } ?? ""
        guard let bytes = FileManager.default.contents(atPath: directory + "stemcell.MF"),
            bytes.count < 1 << 20
        else { return [:] }
        var values: [String: String] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":"), line.first?.isLetter == true else {
                continue
            }
            let value = line[line.index(after: colon)...].filter { !"\"'".contains($0) }
            values[String(line[..<colon])] = String(value.drop { $0 == " " })
        }
        return values
    }
}
