import Engine
import Journal

/// Streams a stemcell's root file system into an image. Its CID is the last name it gets.
struct CreateStemcell: Mutation {
    static let name = "create_stemcell"
    static let lane = Lane.undo
    struct Plan: Codable {
        let stemcell: StemcellCID
        /// The image's name until it is whole.
        var unmade: String { "\(stemcell).new" }
    }
    let file: ImageFile
    let description: StemcellDescription
    let subjects: [Subject] = []

    init(_ values: [JSON]) throws {
        // The third argument came with API version 3: {"tags": {…}}.
        let arguments = try Arguments(
            values, ["image_path", "cloud_properties", "env"], optional: 1, of: Self.name)
        file = ImageFile(path: try arguments[0].nonEmptyString())
        description = try StemcellDescription(arguments[1], tags: arguments[2].member("tags"), file)
    }

    /// What is not yet a stemcell may be large, and no later call would be about it.
    func settleBefore(_ settlement: Settlement) { settlement.settleUnmadeStemcells() }

    func plan(_ world: World) throws -> Plan {
        try file.requireTar()
        return Plan(stemcell: StemcellCID("stemcell:" + world.newName("").dropFirst()))
    }

    static func subjects(of plan: Plan) -> [Subject] { [plan.stemcell.subject] }

    static func steps(_ plan: Plan, _ call: CreateStemcell?) -> [Step] {
        let cid = plan.stemcell.description
        let changes: (World) -> [String] = { world in
            var labels = call?.description.labels ?? [:]
            labels[Label.stemcell] = cid
            return Label.made(labels, world).sorted { $0.key < $1.key }
                .map { "LABEL \(quoted($0.key))=\(quoted($0.value))" }
        }
        return [
            .importImage(plan.unmade, changes: changes, from: call?.file),
            .tagImage(plan.unmade, as: cid),
            Step(
                name: "remove image \(plan.unmade)",
                do: { try $0.removeImage(plan.unmade) },
                verify: { try $0.engine.image(plan.unmade) == nil },
                undo: { _ in }),
        ]
    }

    static func situation(_ plan: Plan, _ world: World) throws -> Situation {
        try world.ourImage(plan.stemcell.description) != nil ? .made : .notMade
    }

    static func tidy(_ plan: Plan, _ world: World) throws { try world.removeImage(plan.unmade) }

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
