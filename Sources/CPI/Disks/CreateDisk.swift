import Engine
import Journal

/// Makes a volume. Its size is recorded in a label; whether it is enforced is the driver's business.
struct CreateDisk: Mutation {
    static let name = "create_disk"
    static let arguments = ["size", "cloud_properties", "vm_cid"]
    static let optionalArguments = 1
    static let rule = RecoveryRule.keepWhatIsMade
    struct Plan: Codable {
        let disk: DiskCID
        let sizeMiB: Int
        /// Whether it gets a container that keeps prunes away from it; nil in a plan of an older version.
        var isKept: Bool?
    }
    let sizeMiB: Int
    let driver: String
    let options: [String: String]
    let subjects: [Subject] = []

    init(_ arguments: Arguments) throws {
        // The VM is a hint where to make the disk. There is one place, so it may be gone, or null.
        sizeMiB = try arguments[0].int(1...(1 << 40))
        _ = try arguments[1].optional { try $0.object() }
        driver = try arguments[1].member("driver").optional { try $0.nonEmptyString() } ?? "local"
        options = try arguments[1].member("driver_opts").optional { try $0.strings() } ?? [:]
        _ = try arguments[2].optional { $0.value.string == "" ? nil : try VMCID($0) }
    }

    func plan(_ world: World) throws -> Plan {
        Plan(
            disk: .random(), sizeMiB: sizeMiB, isKept: world.configuration.pin == .always)
    }

    static func subjects(of plan: Plan) -> [Subject] { [plan.disk.subject] }

    static func steps(_ plan: Plan, _ call: CreateDisk?) -> [Step] {
        let name = plan.disk.description
        let make = Step(
            name: "create disk \(name)",
            do: { world in
                guard let call else { return }
                let labels = [Label.disk: name, Label.sizeMiB: String(plan.sizeMiB)]
                _ = try world.engine.createVolume(
                    name, labels: Label.made(labels, world), driver: call.driver,
                    options: call.options)
            },
            verify: { try $0.madeVolume(name) != nil },
            undo: .impossible)  // no disk is ever removed but by delete_disk
        return [make] + (plan.isKept == true ? [.keep(plan.disk)] : [])
    }

    static func situation(_ plan: Plan, _ world: World) throws -> Situation {
        try world.madeVolume(plan.disk.description) != nil ? .complete : .incomplete
    }

    func answer(_ plan: Plan, _ request: CallContext) -> JSON { .string(plan.disk.description) }
}
