import Testing

@testable import CPI
@testable import Support

@Suite("What a call asks of Docker is known, and does not grow with what others have there")
struct RequestTests {
    /// Also the table of docs/performance.md: a number that grows is to be explained there.
    static let table = [
        "0 info",
        "19 create_stemcell",
        "20 create_vm",
        "2 has_vm",
        "3 set_vm_metadata",
        "13 reboot_vm",
        "4 create_disk",
        "2 has_disk",
        "25 attach_disk while the VM runs",
        "3 get_disks",
        "17 detach_disk while the VM runs",
        "83 attach_disk by replacement",
        "46 snapshot_disk",
        "79 detach_disk by replacement",
        "4 resize_disk",
        "12 delete_snapshot",
        "10 delete_disk",
        "16 delete_vm",
        "12 delete_vm of the last VM",
    ]

    @Test("each method sends as many requests as the table says")
    func counts() throws {
        let life = try Life()
        let counted = life.calls.map { "\($0.requests.count) \($0.name)" }
        #expect(counted == RequestTests.table, "\(life.calls.map(\.listing).joined())")
    }

    @Test("with 1,000 VMs, disks and pins of others no call asks more, nor gets longer answers")
    func crowd() throws {
        let alone = try Life()
        let crowded = try Life(crowd: 1_000)
        for (mine, among) in zip(alone.calls, crowded.calls) {
            #expect(mine.name == among.name)
            #expect(mine.requests.count == among.requests.count, "\(mine.name)")
            // Times and ids differ a little; one more container in a list is some 200 bytes.
            #expect(among.bytes - mine.bytes < 150, "\(mine.name): \(among.listing)")
        }
    }
}

extension Life.Call {
    var listing: String { "\n\(name):" + requests.map { "\n    \($0)" }.joined() }
}
