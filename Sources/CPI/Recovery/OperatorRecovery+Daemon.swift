import Engine
import Journal

/// The Docker that an operation was begun on, another one than the configuration's, does not answer.
struct SilentDaemon: Error, CustomStringConvertible {
    let description: String
}

extension OperatorRecovery {
    /// The Docker that an operation is about: this one, or the one at its recorded address, reached
    /// with the configuration's credentials. Throws `CPIError` when that is another one by now,
    /// `SilentDaemon` when it does not answer, `EngineError` when this one does not.
    func world(for operation: Operation) throws -> World {
        guard try world.isElsewhere(operation), let owner = RecordedOwner(operation) else {
            return world
        }
        let address = owner.daemonAddress ?? "an unknown address"
        let title = "operation \(operation.id) was begun on the Docker daemon at \(address)"
        guard let there = try connect(address).map(world.on) else {
            throw CPIError(kind: .cloud, message: "\(title); recover it with that one's --config")
        }
        do {
            guard try there.isElsewhere(operation) else { return there }
        } catch {
            throw SilentDaemon(
                description: "\(title), which does not answer: \(error); if it has another address "
                    + "or other credentials now, recover it with that one's --config")
        }
        throw CPIError(kind: .cloud, message: "\(title), and another one is there now")
    }
}
