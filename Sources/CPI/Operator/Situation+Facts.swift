/// What Docker shows, as sentences for an operator.
extension Situation {
    var facts: [String] {
        switch self {
        case .incomplete: ["what it makes is not there, or is not complete"]
        case .complete: ["what it makes is there, complete"]
        case .unfinished: ["what it is to finish may be unfinished"]
        case .untouched(let what): ["\(what) is there"]
        case .gone(let why): [why]
        case .superseded(let other): ["\(other) has taken its place"]
        case .carriers(let carriers, let wasRunning):
            carriers.facts + [
                "the VM \(wasRunning ? "ran" : "was stopped") when the operation began"
            ]
        case .remnant(let replacement):
            ["a replacement without its plan: it \(replacement.words)"]
        case .live(let plan, let state): state.facts(plan)
        }
    }
}

extension Carriers {
    fileprivate var facts: [String] {
        let replacement = replacementContainer.map { " (\($0.shortID))" } ?? ""
        let original = oldContainer.map { " (\($0.shortID))" } ?? ""
        return [
            "the old container\(original) \(old.words)",
            "the replacement\(replacement) \(self.replacement.words)",
            "the committed image \(imageWords)",
            name.words,
        ] + (isStartedAnew ? ["somebody has started the replacement since"] : [])
            + olderImages.map { "image \($0) is there" }
    }
}

extension Carriers {
    private var imageWords: String {
        switch image {
        case .absent: "is not there"
        case .current:
            old == .absent ? "is there" : "holds all that the old container holds"
        case .stale: "is older than what the old container holds"
        }
    }
}

extension Carriers.Old {
    fileprivate var words: String {
        switch self {
        case .absent: "is gone"
        case .rested: "is stopped, and nobody has started it since"
        case .reran: "is stopped, and somebody has started it since"
        case .running: "is running"
        }
    }
}

extension Carriers.Replacement {
    fileprivate var words: String {
        switch self {
        case .absent: "is not there"
        case .fresh: "has never run"
        case .ran: "has run, and is stopped"
        case .running: "is running"
        }
    }
}

extension Carriers.Name {
    fileprivate var words: String {
        switch self {
        case .old: "the old container has the VM's name"
        case .replacement: "the replacement has the VM's name"
        case .nobody: "no container has the VM's name"
        case .other(let who): "the container of \(who) has the VM's name"
        }
    }
}

extension LiveState {
    fileprivate func facts(_ plan: LiveChange) -> [String] {
        let vm =
            switch vm {
            case .absent: "is gone"
            case .stopped: "is stopped"
            case .running: "is running"
            }
        let pin =
            switch pin {
            case .absent: "is not there"
            case .idle: "is there and was never started"
            case .stopped: "is there and does not run"
            case .running: "is running"
            }
        return [
            "VM \(plan.vm) \(vm)", "the pin of disk \(plan.disk) for this VM \(pin)",
            isListed ? "the disk is on the VM's list" : "the disk is not on the VM's list",
            isMounted ? "it is mounted in the VM" : "it was not seen mounted in the VM",
        ]
    }
}
