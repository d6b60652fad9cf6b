import Engine
import Journal

/// Streams a stemcell's root file system into an image, or takes one from a registry; looks inside, and
/// makes an image of it whose name is the CID.
struct CreateStemcell: Mutation {
    static let name = "create_stemcell"
    static let arguments = ["image_path", "cloud_properties", "env"]
    static let optionalArguments = 1
    static let rule = RecoveryRule.removeIncomplete
    static let makes: Subject.Kind? = .stemcell
    struct Plan: Codable {
        let stemcell: StemcellCID
        /// What a light stemcell stands on; nil for one that is imported.
        var image: LightImage?
        /// What is said of it.
        let labels: [String: String]
    }
    let file: ImageFile
    let description: StemcellDescription
    /// When the file is empty.
    let light: LightStemcell?
    let subjects: [Subject] = []

    init(_ arguments: Arguments) throws {
        // The third argument came with API version 3: {"tags": {…}}.
        _ = try arguments[2].optional { try $0.object() }
        file = ImageFile(path: try arguments[0].path())
        let manifest = StemcellManifest(beside: file.path)
        description = try StemcellDescription(
            arguments[1], tags: arguments[2].member("tags"), manifest)
        light = try file.isEmpty ? LightStemcell(arguments[1], manifest, file) : nil
    }

    /// An incomplete stemcell may be large, and no later call would be about it.
    func inTheWay(_ search: Search) -> [OpenOperation] { search.incompleteStemcells() }

    func plan(_ world: World) throws -> Plan {
        try description.architecture?.requireDaemons(world, says: "its description")
        if light == nil { try file.requireTar() }
        return Plan(
            stemcell: .random(), image: try light?.image(world),
            labels: description.labels(world.recorder.store))
    }

    static func subjects(of plan: Plan) -> [Subject] { [plan.stemcell.subject] }

    /// The stemcell is a container's empty layer on top of what was imported or pulled: made from it to
    /// look inside, and committed with the labels that say what was seen.
    static func steps(_ plan: Plan, _ call: CreateStemcell?) -> [Step] {
        let (stemcell, incomplete) = (plan.stemcell, plan.stemcell.incomplete)
        let labels = plan.labels.merging([Label.stemcell: stemcell.description]) { _, own in own }
        let look: [Step] = [
            .createBase(stemcell, plan), .commitBase(stemcell, labels), .removeBase(stemcell),
        ]
        if let image = plan.image {
            return [.pullImage(image) { call?.light?.login($0) }] + look
                + [.releaseImage(image, of: stemcell)]
        }
        return [
            .importImage(
                incomplete, changes: { changes(Label.made(labels, $0)) }, from: call?.file)
        ] + look + [.releaseImport(stemcell)]
    }

    static func situation(_ plan: Plan, _ world: World) throws -> Situation {
        try world.madeImage(plan.stemcell.description) != nil ? .complete : .incomplete
    }

    static func differencesFromBefore(_ plan: Plan, _ world: World) throws -> [String] {
        try [plan.stemcell.description, plan.stemcell.incomplete]
            .filter { try world.madeImage($0) != nil }.map { "image \($0) is left" }
            + (try world.base(of: plan.stemcell).map { ["container \($0.name) is left"] }
                ?? []) + (plan.image?.leftovers(world) ?? [])
    }

    static func removeRemains(_ plan: Plan, _ world: World) throws {
        // The last name of a complete stemcell is another one.
        guard try world.madeImage(plan.stemcell.description) != nil else { return }
        try world.removeBase(plan.stemcell)
        let incomplete = plan.stemcell.incomplete
        if try world.madeImage(incomplete) != nil { try world.releaseImage(incomplete) }
        try plan.image?.release(world)
    }

    static func removals(_ plan: Plan, _ action: Action, _ seen: Removals) throws -> [String] {
        switch action {
        case .back: try seen.made() + pulled(plan, seen.world)
        case .forward: try seen.usual(action, steps(plan, nil))
        case .superseded, .close, .park: try beside(plan, seen)
        }
    }

    /// What a light stemcell was pulled as.
    private static func pulled(_ plan: Plan, _ world: World) throws -> [String] {
        guard let image = plan.image, image.isPulled(world),
            try world.engine.image(image.name) != nil
        else {
            return []
        }
        return ["image \(image.name), if no container is made from it"]
    }

    /// What is there beside a stemcell that is complete: see `removeRemains`.
    private static func beside(_ plan: Plan, _ seen: Removals) throws -> [String] {
        let world = seen.world
        guard try world.madeImage(plan.stemcell.description) != nil else { return [] }
        let base = try world.base(of: plan.stemcell).map { base in
            ["container \(base.name)"] + seen.volumes(base)
        }
        let incomplete = plan.stemcell.incomplete
        let image = try world.madeImage(incomplete).map { _ in "image \(incomplete)" }
        return try (base ?? []) + [image].compactMap(\.self) + pulled(plan, world)
    }

    func answer(_ plan: Plan, _ request: CallContext) -> JSON { .string(plan.stemcell.description) }

    /// Without tags: the commit sets them, and here Docker takes no "=" in a name.
    private static func changes(_ labels: [String: String]) -> [String] {
        labels.filter { !$0.key.hasPrefix(Label.tag("")) }.sorted { $0.key < $1.key }.map {
            "LABEL \(quoted($0.key))=\(quoted($0.value))"
        }
    }

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
