import Engine
import Journal

/// A disk's size from now on, in MiB.
struct DiskSize: Codable {
    /// The sizes that a director may ask for, in MiB.
    static let possible = 1...(1 << 40)

    let disk: DiskCID
    let sizeMiB: Int

    static func growing(_ disk: DiskCID, to sizeMiB: Int, _ world: World) throws -> DiskSize {
        let volume = try world.requireDisk(disk)
        if volume.enforcesSize {
            throw CPIError(
                kind: .notSupported,
                message: "cannot resize disk \(disk): its driver enforces its size")
        }
        let present = current(disk, volume, world)
        guard sizeMiB >= present else {
            throw CPIError(
                kind: .notSupported,
                message: "cannot shrink disk \(disk) from \(present) MiB to \(sizeMiB) MiB")
        }
        return DiskSize(disk: disk, sizeMiB: sizeMiB)
    }

    /// The label says how it was made; the journal, what became of it.
    static func current(_ disk: DiskCID, _ volume: Volume, _ world: World) -> Int {
        let label = volume.labels[Label.sizeMiB].flatMap { Int($0) } ?? 0
        return max(label, world.recorder.store.latestSize(of: disk) ?? 0)
    }
}
