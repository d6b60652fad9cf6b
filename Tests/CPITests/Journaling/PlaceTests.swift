import Engine
import Foundation
import Journal
import Logging
import Testing

@testable import CPI
@testable import Support

@Suite("Where the lock of an operation can be seen is told by a place")
struct PlaceTests {
    let own: TemporaryDirectory
    let shared: TemporaryDirectory
    let locks: Locks

    init() throws {
        own = try TemporaryDirectory()
        shared = try TemporaryDirectory()
        locks = Locks(own.path, shared: shared.path, logger: Logger(label: "test"))
    }

    private func locks(_ directory: String?, shared: String?) -> Locks {
        Locks(directory, shared: shared, logger: Logger(label: "test"))
    }

    /// A place with some of its parts changed: 0 host, 1 machine id, 2 boot, 3 directory.
    private func changed(_ place: String, _ parts: [Int: String]) -> String {
        place.split(separator: " ").enumerated().map { parts[$0] ?? String($1) }
            .joined(separator: " ")
    }

    @Test("a place for each directory that can be used; labels record the shared one")
    func places() throws {
        #expect(locks.places.count == 2 && locks.places[1] == locks.place)
        for place in locks.places {
            #expect(place.hasPrefix(Machine.here + " ") && place.split(separator: " ").count == 4)
            #expect(!locks.isOnAnotherMachine(place))
        }
        let alone = locks(own.path, shared: "/proc/none")
        #expect(alone.places == [locks.places[0]] && alone.place == locks.places[0])
        #expect(!locks.isOnAnotherMachine(alone.place), "one directory in common is enough")
    }

    @Test("another lock directory on the same machine is another place, both ways")
    func otherDirectory() throws {
        let directory = try TemporaryDirectory()
        let other = locks(directory.path, shared: nil)
        #expect(other.isOnAnotherMachine(locks.place) && locks.isOnAnotherMachine(other.place))
        let meeting = locks(directory.path, shared: shared.path)
        #expect(
            !meeting.isOnAnotherMachine(locks.place) && !locks.isOnAnotherMachine(meeting.place))
    }

    @Test("a directory that was removed and made again is another one")
    func madeAgain() throws {
        let before = locks.place
        try FileManager.default.moveItem(atPath: shared.path, toPath: shared.path + "-old")
        defer { try? FileManager.default.removeItem(atPath: shared.path + "-old") }
        #expect(locks.isOnAnotherMachine(before) && !locks.isOnAnotherMachine(locks.place))
    }

    @Test("a directory in which a lock could not be made is not where this process can be seen")
    func refused() throws {
        try FileManager.default.createDirectory(
            atPath: shared.path + "/vm-1.lock", withIntermediateDirectories: false)
        let taken = try locks.acquire("vm-1", seconds: 0, note: "")
        #expect(taken.count == 1 && locks.place == locks.places[0])
        let other = locks(nil, shared: shared.path)
        #expect(other.isOnAnotherMachine(locks.place), "it cannot see the lock: it waits")
    }

    @Test("where machines have no id, a name alone does not say that it is this one, started anew")
    func noID() {
        #expect(Machine.isAnother("ci - boot-1", than: "ci - boot-2"))
        #expect(!Machine.isAnother("ci - boot-1", than: "ci - boot-1"))
        #expect(!Machine.isAnother("ci 0a boot-1", than: "ci 0a boot-2"))
    }

    @Test(
        "another machine is elsewhere; this one before it was started anew is not",
        .enabled("a machine without an id is never known again") {
            !Machine.here.contains(" - ")
        })
    func machines() {
        let place = locks.place
        #expect(
            !locks.isOnAnotherMachine(changed(place, [2: "another-boot"])), "dead since the boot")
        #expect(!locks.isOnAnotherMachine(changed(place, [2: "another-boot", 3: "1:1"])))
        #expect(locks.isOnAnotherMachine(changed(place, [0: "h", 1: "0a", 2: "another-boot"])))
        #expect(
            locks.isOnAnotherMachine(changed(place, [0: "h", 2: "another-boot"])), "cloned machines"
        )
        #expect(
            locks.isOnAnotherMachine(changed(place, [1: "0a", 2: "another-boot"])), "localhost")
        #expect(locks.isOnAnotherMachine(changed(place, [3: "1:1"])))
        #expect(
            !locks.isOnAnotherMachine(changed(place, [0: "renamed"])), "boot and directory decide")
    }

    @Test("older labels have no directory: the machine decides; nothing recorded is here")
    func olderForm() {
        #expect(!locks.isOnAnotherMachine(Machine.here) && !locks.isOnAnotherMachine(""))
        #expect(locks.isOnAnotherMachine("elsewhere 0a 0b"))
        #expect(!locks.isOnAnotherMachine(changed(Machine.here, [2: "another-boot"])))
    }

    @Test("who can have no lock is elsewhere for everybody")
    func nowhere() {
        let nowhere = locks(nil, shared: nil)
        #expect(nowhere.places == [] && nowhere.place == Machine.here + " -")
        #expect(
            locks.isOnAnotherMachine(nowhere.place) && nowhere.isOnAnotherMachine(nowhere.place))
        #expect(nowhere.isOnAnotherMachine(locks.place))
    }

    @Test("the intent's owner tells the place; an older one does not")
    func owner() throws {
        let json = Owner.json(daemon: nil, address: "unix:///s", place: locks.place)
        #expect(RecordedOwner(parsing: json.text)?.place == locks.place)
        let older = try #require(RecordedOwner(parsing: #"{"pid":1}"#))
        #expect(older.place == nil && RecordedOwner(parsing: "no JSON") == nil)
    }

    @Test("intents, marks and containers of a call all record its place")
    func recorded() throws {
        let scene = try Scene()
        try scene.makeVM()
        let place = Locks(
            scene.runner.directory.path, shared: scene.runner.locks.path,
            logger: scene.runner.logger
        ).place
        let owner = try #require(try scene.runner.lastOperation().owner)
        #expect(RecordedOwner(parsing: owner)?.place == place)
        #expect(scene.container?.labels[Label.host] == place)
    }

    @Test("that a process died shows by its lock files, in each directory, and by nothing else")
    func death() throws {
        let id = "1m84tkefq9txjn"
        #expect(!locks.hasDied(id), "nothing tells")
        let sign = try locks.own(id)
        #expect(!locks.hasDied(id), "it lives")
        sign.leave()
        #expect(locks.hasDied(id) && !locks.isOwned(id))
        unlink("\(shared.path)/operation-\(id).lock")
        #expect(!locks.hasDied(id), "one directory could not be written to when it ended")
        try locks.own(id).end()
        #expect(!locks.hasDied(id), "it has ended")
    }

    @Test("a process that takes a lock removes a few old lock files that nobody holds")
    func sweeping() throws {
        let files = FileManager.default
        for number in 0..<20 {
            let path = try shared.write("operation-\(number).lock", [])
            try files.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -90_000)], ofItemAtPath: path)
        }
        let taken = try locks.acquire("vm-1", seconds: 0, note: "")
        #expect(try files.contentsOfDirectory(atPath: shared.path).count == 13)
        _ = try locks.acquire("vm-2", seconds: 0, note: "")
        #expect(try files.contentsOfDirectory(atPath: shared.path).count == 13, "once each process")
        taken.forEach { $0.release() }
    }
}
