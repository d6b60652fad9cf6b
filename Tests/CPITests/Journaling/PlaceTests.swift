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

    /// A place with some of its parts changed.
    private func changed(
        _ place: Place, host: String? = nil, id: String? = nil, boot: String? = nil,
        directory: String? = nil
    ) -> Place {
        let machine = place.machine
        return Place(
            Machine(
                host: host ?? machine.host, id: id ?? machine.id, boot: boot ?? machine.boot),
            directory: directory ?? place.directory)
    }

    @Test("who only looks makes no directory; one that root makes is the journal's owner's")
    func made() throws {
        let shared = self.shared.path + "/locks"
        let locks = locks(own.path, shared: shared)
        #expect(locks.isOnAnotherMachine(self.locks.place) && locks.places.isEmpty)
        #expect(!FileManager.default.fileExists(atPath: shared))
        guard geteuid() == 0 else { return }
        try #require(chown(own.path, 12_345, 12_345) == 0)
        #expect(locks.place.directory != "-" && locks.places == [locks.place])
        var status = stat()
        #expect(stat(shared, &status) == 0 && status.st_uid == 12_345)
    }

    @Test("a place for each directory that can be used; labels record the shared one")
    func places() throws {
        _ = try locks.acquire("vm-1", seconds: 0, note: "")
        #expect(locks.places.count == 2 && locks.places[1] == locks.place)
        for place in locks.places {
            #expect(place.machine == .here && place.directory?.contains(":") == true)
            #expect(Place("\(place)") == place)
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
        func machine(_ id: String, boot: String) -> Machine {
            Machine(host: "ci", id: id, boot: boot)
        }
        #expect(machine("-", boot: "1").isAnother(than: machine("-", boot: "2")))
        #expect(!machine("-", boot: "1").isAnother(than: machine("-", boot: "1")))
        #expect(!machine("0a", boot: "1").isAnother(than: machine("0a", boot: "2")))
    }

    @Test(
        "another machine is elsewhere; this one before it was started anew is not",
        .enabled("a machine without an id is never known again") {
            Machine.here.id != "-"
        })
    func machines() {
        let place = locks.place
        let before = changed(place, boot: "another")
        #expect(!locks.isOnAnotherMachine(before), "dead since the boot")
        #expect(!locks.isOnAnotherMachine(changed(before, directory: "1:1")))
        #expect(locks.isOnAnotherMachine(changed(before, host: "h", id: "0a")))
        #expect(locks.isOnAnotherMachine(changed(before, host: "h")), "cloned machines")
        #expect(locks.isOnAnotherMachine(changed(before, id: "0a")), "localhost")
        #expect(locks.isOnAnotherMachine(changed(place, directory: "1:1")))
        #expect(
            !locks.isOnAnotherMachine(changed(place, host: "renamed")), "boot and directory decide")
    }

    @Test("older labels have no directory: the machine decides; what is no place tells nothing")
    func olderForm() throws {
        let here = Place(.here, directory: nil)
        #expect(!locks.isOnAnotherMachine(here) && Place("\(here)") == here)
        #expect(locks.isOnAnotherMachine(try #require(Place("elsewhere 0a 0b"))))
        #expect(!locks.isOnAnotherMachine(changed(here, boot: "another")))
        for text in ["", "ci", "ci 0a"] {
            #expect(Place(text) == nil && Place([Label.host: text]) == nil)
        }
    }

    @Test("who can have no lock is elsewhere for everybody")
    func nowhere() {
        let nowhere = locks(nil, shared: nil)
        #expect(nowhere.places == [] && nowhere.place == Place(.here, directory: "-"))
        #expect(
            locks.isOnAnotherMachine(nowhere.place) && nowhere.isOnAnotherMachine(nowhere.place))
        #expect(nowhere.isOnAnotherMachine(locks.place))
    }

    @Test("the intent's owner tells the place; an older one does not")
    func owner() throws {
        let json = RecordedOwner.json(daemon: nil, address: "unix:///s", place: locks.place)
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
        #expect(scene.container?.labels[Label.host] == "\(place)")
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
