import Engine

/// The image that pins run: one program of about a hundred bytes, which does nothing for ever. So a
/// pin needs no stemcell, keeps none in use, and has nothing in it that anybody could run.
enum PinImage {
    static let name = "docker_cpi/pin:1"

    /// Nil for a machine whose code is not known here. `architecture`: as Docker's `/info` says it.
    static func archive(for architecture: String) -> [UInt8]? {
        program(for: architecture).map {
            Tar.archive([Tar.File(path: "/pause", content: $0, mode: 0o555)])
        }
    }

    static let command: JSON = ["/pause"]

    /// An ELF file with one segment: its headers, and the code right behind them.
    private static func program(for architecture: String) -> [UInt8]? {
        let machine: UInt16
        let code: [UInt8]
        switch architecture {
        case "x86_64", "amd64":
            machine = 62
            code = [
                0xb8, 34, 0, 0, 0,  // mov eax, 34 (pause)
                0x0f, 0x05,  // syscall
                0xeb, 0xf7,  // jmp to the first one
            ]
        case "aarch64", "arm64":
            machine = 183
            code = words([
                0xd280_0000, 0xd280_0001, 0xd280_0002, 0xd280_0003,  // mov x0 … x3, 0
                0xd280_0928,  // mov x8, 73 (ppoll)
                0xd400_0001,  // svc 0
                0x17ff_fffa,  // b to the first one
            ])
        default: return nil
        }
        let start: UInt64 = 0x40_0000
        let headers = 64 + 56
        let identification: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        let size = UInt64(headers + code.count)
        return identification
            + little(UInt16(2)) + little(machine) + little(UInt32(1))  // executable
            + little(start + UInt64(headers)) + little(UInt64(64)) + little(UInt64(0))
            + little(UInt32(0)) + little(UInt16(64)) + little(UInt16(56)) + little(UInt16(1))
            + little(UInt16(0)) + little(UInt16(0)) + little(UInt16(0))
            // The segment: to be loaded, readable, executable, the whole file.
            + little(UInt32(1)) + little(UInt32(5)) + little(UInt64(0)) + little(start)
            + little(start) + little(size) + little(size) + little(UInt64(0x1_0000)) + code
    }

    private static func words(_ words: [UInt32]) -> [UInt8] { words.flatMap { little($0) } }

    private static func little<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian, Array.init)
    }
}
