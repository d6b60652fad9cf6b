import Engine
import Testing

@testable import CPI
@testable import Support

@Suite("Names that go to Docker are names that Docker means")
struct IdentifierTests {
    @Test(
        "image references that Docker accepts",
        arguments: [
            "stemcell", "stemcell:uuid-1", "a/b/c:1", "host.example:5000/a/b:tag", "localhost/x",
            "a__b", "a---b",
            "bosh.io/stemcells:img-1", "repo@sha256:\(String(repeating: "a", count: 64))",
            "host:5000/repo:tag@sha256:\(String(repeating: "0", count: 64))",
        ])
    func references(text: String) {
        #expect(ImageReference.isValid(text))
    }

    @Test(
        "texts that are none",
        arguments: [
            "", ":", "a:", ":tag", "/a", "a/", "a//b", "A", "a b", "a?b", "a%2f", "../a", "a/../b",
            "a:b:c", "a@sha256:x",
            "a@md5:00", "-a", "a-", "a___b", "a..b", "host:99999/a", "a:-tag", "a\u{0}", "é",
            "a:" + String(repeating: "x", count: 129), String(repeating: "a", count: 513),
        ])
    func noReferences(text: String) {
        #expect(!ImageReference.isValid(text))
    }

    @Test(
        "repository and tag",
        arguments: [
            ("stemcell:x", "stemcell", "x"), ("h:5000/a:x.new", "h:5000/a", "x.new"),
            ("a", "a", "latest"),
        ])
    func split(text: String, repository: String, tag: String) {
        #expect(ImageReference.split(text) == (repository, tag))
    }

    @Test("all that belongs to a VM has its name in front, and no two alike")
    func names() {
        let vm = VMCID("vm-1")
        let names = [
            vm.ephemeralVolume, vm.incomplete, vm.replacement, vm.mark,
            vm.old(String(repeating: "a", count: 64)),
        ]
        #expect(Set(names).count == names.count)
        #expect(names.allSatisfy { $0.hasPrefix("vm-1") && FakeDocker.isName($0) })
        #expect(vm.old("0123456789abcdef") == "vm-1.old-0123456789ab")
        #expect(ImageReference.isValid(vm.committedImage("01h2x3y4z5abcd")))
    }

    @Test("what a name means is read as it was written")
    func roles() throws {
        let vm = VMCID.random()
        let operation = "01h2x3y4z5abcd"
        let roles: [(String, VMCID.Role)] = [
            (vm.description, .vm), (vm.incomplete, .incomplete), (vm.replacement, .replacement),
            (vm.old("0123456789abcdef"), .old(id: "0123456789ab")),
            (vm.ephemeralVolume, .ephemeralVolume), (vm.furtherVolume(12), .furtherVolume),
            (vm.mark, .mark),
            (vm.committedImage(operation), .committedImage(operation: operation)),
        ]
        for (name, role) in roles {
            let read = try #require(VMCID.role(of: name))
            #expect(read.vm == vm && read.role == role && vm.role(of: name) == role)
        }
        let uuid = "11111111-2222-4333-8444-555555555555"
        let goCPIs = VMCID("c-\(uuid)")
        #expect(VMCID.role(of: "vol-eph-\(goCPIs)")?.vm == goCPIs)
        for (name, role) in [(goCPIs.description, VMCID.Role.vm), (goCPIs.mark, .mark)] {
            #expect(VMCID.role(of: name)?.vm == goCPIs && VMCID.role(of: name)?.role == role)
        }
        for name in [
            "c-backup", "c-\(uuid)x", "c-", "c-" + String(repeating: "x", count: 36), "vol-eph-c-1",
            "c-1:x",
        ] {
            #expect(!VMCID(name).isGoCPIs, "\(name) is somebody else's")
            #expect(VMCID.role(of: name) == nil, "\(name)")
        }
        #expect(VMCID.role(of: "\(vm):backup") == nil)
        #expect(VMCID.role(of: "web") == nil && VMCID.role(of: "disk-1") == nil)
        #expect(vm.isOurForm && !VMCID("vm-data").isOurForm)
        #expect(DiskCID("vol-\(uuid)").isGoCPIs && !DiskCID("vol-eph-\(goCPIs)").isGoCPIs)
        #expect(!DiskCID("vol-cache").isGoCPIs, "somebody else's")
        #expect(DiskCID.random().isOurForm && !DiskCID("disk-data").isOurForm)
    }

    @Test("a disk and its hint tell each other")
    func hints() {
        #expect(DiskCID("disk-1").hint == "/warden-cpi-dev/disk-1")
        #expect(DiskCID.atHint("/warden-cpi-dev/disk-1") == "disk-1")
        #expect(DiskCID.atHint("/var/vcap/store") == nil)
    }

    @Test("in a plan a CID is a plain text")
    func coding() throws {
        let plan = DiskSize(disk: DiskCID("disk-1"), sizeMiB: 5)
        #expect(try JSON(encoding: plan) == ["disk": "disk-1", "sizeMiB": 5])
    }

    @Test(
        "the longest and the shortest CID",
        arguments: [("ab", true), ("a", false), ("x.y_z-1", true)])
    func lengths(text: String, isValid: Bool) {
        let cid = try? VMCID(Field(name: "vm_cid", value: .string(text)))
        #expect(cid?.description == (isValid ? text : nil))
        let longest = String(repeating: "x", count: 200)
        #expect((try? DiskCID(Field(name: "d", value: .string(longest))))?.description == longest)
    }
}

@Suite("Networks are compared as numbers")
struct CIDRTests {
    @Test(
        "overlapping",
        arguments: [
            ("10.0.0.0/8", "10.1.0.0/16", true), ("10.1.0.0/16", "10.0.0.0/8", true),
            ("10.1.0.0/24", "10.1.1.0/24", false),
            ("0.0.0.0/0", "192.168.0.0/16", true), ("10.0.0.128/25", "10.0.0.0/25", false),
            ("fd00::/8", "fd00:1::/64", true), ("fd00::/64", "10.0.0.0/8", false),
            ("10.0.0.1/32", "10.0.0.1/32", true),
        ])
    func overlap(one: String, other: String, expected: Bool) throws {
        #expect(try #require(CIDR(one)).overlaps(try #require(CIDR(other))) == expected)
    }

    @Test(
        "an address is cut to its network",
        arguments: [
            ("10.1.2.3/24", "10.1.2.0/24"), ("10.1.2.3/20", "10.1.0.0/20"),
            ("10.1.2.3/32", "10.1.2.3/32"),
            ("255.255.255.255/1", "128.0.0.0/1"), ("fd00::1:2/112", "fd00::1:0/112"),
        ])
    func base(text: String, expected: String) {
        #expect(CIDR(text)?.description == expected)
    }

    @Test(
        "texts that are none",
        arguments: [
            "", "10.0.0.0", "10.0.0.0/33", "10.0.0/8", "a/8", "::/129", "10.0.0.0/-1", "/8",
        ])
    func invalid(text: String) { #expect(CIDR(text) == nil) }

    @Test(
        "netmasks",
        arguments: [
            ("255.255.255.0", 24), ("255.255.254.0", 23), ("0.0.0.0", 0), ("255.255.255.255", 32),
            ("255.0.255.0", nil),
            ("0.255.0.0", nil), ("x", nil), ("ffff:ffff::", 32),
        ])
    func netmask(text: String, length: Int?) {
        #expect(IPAddress.prefixLength(ofNetmask: text) == length)
    }

    @Test("an address is in its own network only")
    func contains() throws {
        let network = try #require(CIDR("10.1.0.0/24"))
        #expect(network.contains([10, 1, 0, 255]))
        #expect(!network.contains([10, 1, 1, 0]))
        #expect(!network.contains([UInt8](repeating: 0, count: 16)))
    }
}
