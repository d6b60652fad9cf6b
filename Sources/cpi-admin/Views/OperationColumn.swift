import ArgumentParser
import CPI
import Journal

/// What a list of operations can show of each.
enum OperationColumn: String, CaseIterable {
    case id, state, method, vm, disk, instance, step, started, duration
    case deployment, group, index, finished, stemcell, network, snapshot, agent, director, request
    case attempts, answer, error

    static let usual: [OperationColumn] = [
        .id, .state, .method, .vm, .disk, .step, .started, .duration,
    ]

    /// Those that are named, with commas between them; the usual ones, and `instance` where a row has
    /// one, without names. Throws `ValidationError` for a name that is none.
    static func choice(_ text: String?) throws -> [OperationColumn]? {
        guard text?.isEmpty != true else { throw ValidationError("--columns names none") }
        return try text?.split(separator: ",").map { name in
            guard let column = OperationColumn(rawValue: name.lowercased()) else {
                let names = allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("there is no column \(name); there are: \(names)")
            }
            return column
        }
    }

    var heading: Listing.Column {
        let title: String? =
            switch self {
            case .started, .finished: Terminal.isInteractive && self == .started ? "AGO" : nil
            case .duration: Terminal.isInteractive ? "TOOK" : nil
            default: nil
            }
        // Of an id both ends are enough; of what was done the words are wanted.
        let shrinkOrder = [.vm, .disk, .error].contains(self) ? 0 : self == .method ? 2 : 1
        return Listing.Column(
            rawValue, unit: self == .duration ? "us" : nil, title: title, least: least,
            shrinkOrder: shrinkOrder,
            cutsEnd: self == .step)
    }

    /// Ids are typed and states are read: those stay whole as long as others can give.
    private var least: Int? {
        switch self {
        case .vm, .disk: 6
        case .stemcell, .network, .snapshot, .agent, .director, .deployment: 7
        case .group, .request: 7
        case .instance: 8
        case .step: 7
        case .error: 4
        case .method: 8
        default: nil
        }
    }

    func cell(_ view: OperationView) -> Listing.Cell {
        let operation = view.operation
        func text(_ text: String?) -> Listing.Cell {
            guard let text, !text.isEmpty else { return Listing.Cell("-") }
            return Listing.Cell(text, short: text.split(separator: "\n").joined(separator: "; "))
        }
        switch self {
        case .id: return Listing.Cell(operation.id)
        case .state: return Listing.Cell(view.state.rawValue, style: view.state.style)
        case .method: return Listing.Cell(operation.method)
        case .vm, .disk, .stemcell, .network, .snapshot, .agent:
            return text(Subject.Kind(rawValue: rawValue).map(view.cids))
        case .instance: return text(view.instance.text)
        case .deployment: return text(view.instance.deployment)
        case .group: return text(view.instance.group)
        case .index: return text(view.instance.index)
        case .step:
            let step = operation.step ?? "-"
            // What it is about is in the other columns.
            return Listing.Cell(step, short: Journal.kind(of: step))
        case .started: return Span.cell(operation.started)
        case .finished: return Span.cell(operation.finished)
        case .duration: return Span.cell(microseconds: operation.duration)
        case .director: return text(operation.director)
        case .request: return text(operation.request)
        case .attempts: return text(String(operation.attempts))
        case .answer: return text(operation.replied)
        case .error: return text(operation.error)
        }
    }
}

extension Listing {
    /// Operations with the columns asked for.
    init(_ views: [OperationView], columns wanted: [OperationColumn]?) {
        var columns = wanted ?? OperationColumn.usual
        if wanted == nil, views.contains(where: { $0.instance.text != nil }) {
            columns.insert(.instance, at: 5)
        }
        self.init(
            name: "operations", columns: columns.map(\.heading),
            rows: views.map { view in columns.map { $0.cell(view) } },
            documents: views.map(\.json), nothing: "no operations")
    }
}
