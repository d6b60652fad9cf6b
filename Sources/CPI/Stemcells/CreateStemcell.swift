import Engine
import Journal

/// Streams a stemcell's root file system into an image. Its CID is the last name it gets.
struct CreateStemcell: Mutation {
    static let name = "create_stemcell"
    static let arguments = ["image_path", "cloud_properties", "env"]
    static let optionalArguments = 1
    static let rule = RecoveryRule.removeIncomplete
    struct Plan: Codable {
        let stemcell: StemcellCID
    }
    let file: ImageFile
    let description: StemcellDescription
    let subjects: [Subject] = []

    init(_ arguments: Arguments) throws {
        // The third argument came with API version 3: {"tags": {…}}.
        file = ImageFile(path: try arguments[0].nonEmptyString())
        description = try StemcellDescription(arguments[1], tags: arguments[2].member("tags"), file)
    }

    /// An incomplete stemcell may be large, and no later call would be about it.
    func inTheWay(_ search: Search) -> [OpenOperation] { search.incompleteStemcells() }

    func plan(_ world: World) throws -> Plan {
        try file.requireTar()
        return Plan(stemcell: .random())
    }

    static func subjects(of plan: Plan) -> [Subject] { [plan.stemcell.subject] }

    static func steps(_ plan: Plan, _ call: CreateStemcell?) -> [Step] {
        let cid = plan.stemcell.description
        let incomplete = plan.stemcell.incomplete
        let changes: (World) -> [String] = { world in
            var labels = call?.description.labels ?? [:]
            labels[Label.stemcell] = cid
            return Label.made(labels, world).sorted { $0.key < $1.key }
                .map { "LABEL \(quoted($0.key))=\(quoted($0.value))" }
        }
        return [
            .importImage(incomplete, changes: changes, from: call?.file),
            .tagImage(incomplete, as: cid),
            Step(
                name: "remove image \(incomplete)",
                do: { try $0.removeImage(incomplete) },
                verify: { try $0.engine.image(incomplete) == nil },
                undo: .withAnother),
        ]
    }

    static func situation(_ plan: Plan, _ world: World) throws -> Situation {
        try world.madeImage(plan.stemcell.description) != nil ? .complete : .incomplete
    }

    static func differencesFromBefore(_ plan: Plan, _ world: World) throws -> [String] {
        try [plan.stemcell.description, plan.stemcell.incomplete]
            .filter { try world.madeImage($0) != nil }.map { "image \($0) is left" }
    }

    static func removeRemains(_ plan: Plan, _ world: World) throws {
        // The last name of a complete stemcell is another one.
        guard try world.madeImage(plan.stemcell.description) != nil else { return }
        try world.removeMadeImage(plan.stemcell.incomplete)
    }

    func answer(_ plan: Plan, _ request: CallContext) -> JSON { .string(plan.stemcell.description) }

    /// As in a Dockerfile, where `$` would begin a variable.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for character in text {
            if "\"\\$".contains(character) { result += "\\" }
            result.append(character.isNewline ? " " : character)
        }
        return result + "\""
    }
}
