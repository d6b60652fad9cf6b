import Journal
import Testing

@testable import CPI

/// Every combination of what Docker can show and of what can be asked, through the real function.
@Suite("The table of custody has an answer for everything, and none that loses a copy")
struct CustodyTableTests {
    struct Row {
        var carriers: Carriers
        let wasRunning: Bool
        let question: RecoveryTable.Question
        var action: Action {
            CustodyTable.action(carriers, wasRunning: wasRunning, question)
        }
    }

    static let rows: [Row] = {
        var rows: [Row] = []
        let names: [Carriers.Name] = [.old, .replacement, .nobody, .other("x")]
        let wishes: [Operation.Direction?] = [nil, .forward, .backward]
        for old in Carriers.Old.allCases {
            for replacement in Carriers.Replacement.allCases {
                for image in Carriers.Image.allCases {
                    for name in names {
                        for wish in wishes {
                            for bits in 0..<16 {
                                var carriers = Carriers(
                                    old: old, replacement: replacement, image: image, name: name)
                                carriers.isStartedAnew = bits & 1 != 0
                                var question = RecoveryTable.Question(rule: .replacement)
                                question.direction = bits & 4 != 0 ? .forward : .backward
                                question.asker =
                                    bits & 8 == 0
                                    ? .person(wish: wish)
                                    : .failingCall(hasStarted: bits & 2 != 0)
                                rows.append(
                                    Row(
                                        carriers: carriers, wasRunning: bits & 2 != 0,
                                        question: question))
                            }
                        }
                    }
                }
            }
        }
        return rows
    }()

    @Test(
        "going back needs the old container, for what is made from it is removed; or the image and a word"
    )
    func backNeedsOld() {
        #expect(CustodyTableTests.rows.count == 4 * 4 * 3 * 4 * 3 * 16)
        for row in CustodyTableTests.rows where row.action == .back {
            let isFromImage =
                row.carriers.replacement == .absent && row.carriers.image != .absent
                && row.question.asker.wish == .backward
            #expect(row.carriers.old != .absent || isFromImage, "\(row)")
        }
    }

    @Test(
        "without the old container what can only be as before goes back, if anything is left of the VM"
    )
    func asBefore() {
        for var row in CustodyTableTests.rows where row.carriers.old == .absent {
            row.carriers.isAsBefore = true
            let isLeft = row.carriers.replacement != .absent || row.carriers.image != .absent
            switch row.action {
            case .back: #expect(isLeft, "\(row)")
            case .park: #expect(!isLeft, "\(row)")
            case .superseded: break
            case .forward, .close: Issue.record("\(row)")
            }
        }
    }

    @Test("what ran last is the VM: back from a replacement that ran needs a reason that is seen")
    func whatRanLast() {
        for row in CustodyTableTests.rows
        where row.action == .back && [.ran, .running].contains(row.carriers.replacement) {
            let hasStarted =
                if case .failingCall(hasStarted: true) = row.question.asker { true } else { false }
            let isOwnCheck = hasStarted && row.carriers.old == .rested
            let isGoingBack =
                row.question.direction == .backward && !row.carriers.isStartedAnew
                && row.carriers.replacement == .ran && row.carriers.old == .rested
            let isChosen = row.question.asker.wish == .backward && row.carriers.haveBothRun
            #expect(isOwnCheck || isGoingBack || isChosen, "\(row)")
        }
    }

    @Test("forward past an old container that has run since needs an operator's word")
    func forwardNeedsRested() {
        for row in CustodyTableTests.rows
        where row.action == .forward && [.reran, .running].contains(row.carriers.old) {
            #expect(row.question.asker.wish == .forward, "\(row)")
        }
    }

    @Test("a person is called exactly when both have run, or when nothing is left")
    func person() {
        for row in CustodyTableTests.rows {
            let isOthers = if case .other = row.carriers.name { true } else { false }
            let isAllGone =
                row.carriers.old == .absent && row.carriers.replacement == .absent
                && row.carriers.image == .absent
            let isOpen = row.carriers.haveBothRun && row.question.asker.wish == nil
            let isBeside = [.reran, .running].contains(row.carriers.old)
            #expect(
                row.action.isForPerson == (isOthers ? isBeside : isAllGone || isOpen), "\(row)")
        }
    }

    @Test("another operation's container has the name: nothing is undone")
    func superseded() {
        for row in CustodyTableTests.rows where row.carriers.name == .other("x") {
            let hasRun = [.reran, .running].contains(row.carriers.old)
            #expect(hasRun ? row.action.isForPerson : row.action == .superseded(by: "x"))
        }
    }

    @Test(
        "the last copy is gone forward with; as an image alone it can be made again as it was before"
    )
    func lastCopy() {
        for row in CustodyTableTests.rows
        where row.carriers.old == .absent
            && row.carriers.name != .other("x")
        {
            let isThere = row.carriers.replacement != .absent || row.carriers.image != .absent
            let isWished =
                row.carriers.replacement == .absent && row.question.asker.wish == .backward
            #expect((row.action == .forward) == (isThere && !isWished), "\(row)")
        }
    }
}
