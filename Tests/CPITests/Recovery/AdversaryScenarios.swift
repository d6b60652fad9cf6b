import Foundation

@testable import CPI
@testable import Support

extension CrashScenario {
    /// Those of them whose names have ADVERSARY_SCENARIO in them; without it all.
    static let wanted = disturbed.filter { scenario in
        guard let only = ProcessInfo.processInfo.environment["ADVERSARY_SCENARIO"] else {
            return true
        }
        return "\(scenario)".contains(only)
    }

    /// Those that others interfere with: all that are crash-tested, and one with an address that
    /// Docker gives, so that two containers of a VM can run at once.
    static let disturbed: [CrashScenario] =
        all + [
            CrashScenario(
                method: "attach_disk", variant: "dynamic network",
                prepare: {
                    let scene = try Scene()
                    try scene.makeVM(networks: Scene.dynamicNetwork)
                    try scene.makeDisk()
                    return scene
                },
                arguments: { [.string($0.vm), .string($0.disk)] }, check: { _ in [] })
        ]
}
