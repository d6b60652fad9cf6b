import Engine

/// A processor architecture, which kernel, Docker images and stemcells call by different names.
struct Architecture: Equatable, CustomStringConvertible {
    /// The kernel's name, as `uname -m` and most Engines have it.
    let description: String

    /// Nil for an empty name.
    init?(_ name: String) {
        let name = name.lowercased()
        guard !name.isEmpty else { return nil }
        description = Architecture.aliases[name] ?? name
    }

    /// Of an ELF file, by its header; nil for what is none, or for a machine that is not known here.
    /// That of 32 bits is not: processors of 64 bits run it.
    init?(elf bytes: [UInt8]) {
        guard bytes.count >= 20, bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46]), bytes[4] == 2 else {
            return nil
        }
        let (first, second) = (Int(bytes[18]), Int(bytes[19]))
        let isLittleEndian = bytes[5] == 1
        let machine = isLittleEndian ? second << 8 | first : first << 8 | second
        let little = [
            62: "x86_64", 183: "aarch64", 21: "ppc64le", 243: "riscv64", 258: "loongarch64",
        ]
        let big = [22: "s390x", 21: "ppc64"]
        guard let name = (isLittleEndian ? little : big)[machine] else { return nil }
        description = name
    }

    private static let aliases = [
        "amd64": "x86_64", "x86-64": "x86_64", "x64": "x86_64", "arm64": "aarch64",
        "arm64v8": "aarch64",
        "loong64": "loongarch64",
    ]

    /// Throws `CPIError` that names both when this is not the daemon's; a warning where the configuration allows that.
    /// `who`: where it was read.
    func requireDaemons(_ world: World, says who: String) throws {
        guard let daemon = Architecture(try world.engineInfo()["Architecture"].string ?? ""),
            daemon != self
        else { return }
        let words =
            "the stemcell is for \(self), as \(who) says, and the Docker daemon runs on \(daemon)"
        guard world.configuration.allowsEmulation else { throw CPIError.cloud(words) }
        world.warn("\(words), which must know how to run it")
    }
}
