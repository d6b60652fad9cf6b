import Journal
import Testing

@testable import CPI

@Suite("The table of a disk's coming and going while the VM runs, row by row")
struct LiveTableTests {
    private func action(
        _ change: LiveChange.Change, _ state: LiveState, wasPinned: Bool = true,
        direction: Operation.Direction = .forward, wish: Operation.Direction? = nil
    ) -> Action {
        var plan = LiveChange(
            change: change, operation: "op", vm: VMCID("vm-1"), disk: DiskCID("disk-1"))
        plan.wasPinned = wasPinned
        return LiveTable.action(
            plan, state,
            .init(rule: .replacement, direction: direction, asker: .person(wish: wish)))
    }

    private static let mounted = LiveState(
        vm: .running, pin: .running, isListed: true, isMounted: true)
    private static let unmounted = LiveState(vm: .running, pin: .running, isListed: true)
    private static let unlisted = LiveState(vm: .running, pin: .running)
    private static let unpinned = LiveState(
        vm: .running, pin: .absent, isListed: true, isMounted: true)
    private static let unpinnedByStop = LiveState(
        vm: .running, pin: .stopped, isListed: true, isMounted: true)
    private static let neverStarted = LiveState(
        vm: .running, pin: .idle, isListed: true, isMounted: true)
    private static let gone = LiveState(vm: .absent, pin: .running)

    @Test("attach: done when all is there; forward when only the mount is missing; else back")
    func attach() {
        #expect(action(.attach, Self.mounted) == LiveTable.attached)
        #expect(action(.attach, Self.unmounted) == .forward)
        #expect(action(.attach, Self.unpinnedByStop) == .forward)
        #expect(action(.attach, Self.neverStarted) == .back)
        #expect(action(.attach, Self.unlisted) == .back)
        #expect(action(.attach, Self.unpinned) == .back)
        #expect(action(.attach, Self.gone) == .back)
    }

    @Test("detach: back when nothing was changed or the disk was attached again, else forward")
    func detach() {
        #expect(action(.detach, Self.mounted) == .back)
        #expect(action(.detach, Self.unpinned, wasPinned: false) == .back)
        #expect(action(.detach, Self.unpinned) == .back)
        for state in [Self.unmounted, Self.unlisted, Self.gone] {
            #expect(action(.detach, state) == .forward, "\(state)")
        }
    }

    @Test("detach: nothing where a later operation has attached the disk; the pin is made again")
    func attachedSince() {
        var state = Self.mounted
        state.attachedBy = "o"  // before "op"
        #expect(action(.detach, state) == .back)
        state.attachedBy = "oq"
        #expect(
            action(.detach, state)
                == .close(.failed, "operation oq has attached the disk since"))
        state.pin = .absent
        #expect(action(.detach, state) == .back)
    }

    @Test("detach: what was attached since is not taken away where it was unmounted by hand")
    func unmountedSince() {
        var state = Self.unmounted
        state.attachedBy = "oq"
        #expect(
            action(.detach, state)
                == .close(.failed, "operation oq has attached the disk since"))
        #expect(action(.detach, state, wish: .forward) == .forward)
        state.attachedBy = "o"
        #expect(action(.detach, state) == .forward)
        state.isListed = false
        #expect(action(.detach, state) == .forward)
    }

    @Test("what goes back goes on back; an operator chooses, unless the VM is gone")
    func choice() {
        #expect(action(.attach, Self.mounted, direction: .backward) == .back)
        #expect(action(.detach, Self.unmounted, direction: .backward) == .back)
        for change in [LiveChange.Change.attach, .detach] {
            #expect(action(change, Self.unlisted, wish: .forward) == .forward)
            #expect(action(change, Self.mounted, wish: .backward) == .back)
        }
        #expect(action(.attach, Self.gone, wish: .forward) == .back)
        #expect(action(.detach, Self.gone, wish: .backward) == .forward)
    }
}
