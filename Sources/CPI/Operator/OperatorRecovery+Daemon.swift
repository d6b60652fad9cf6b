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
        guard let owner = RecordedOwner(operation), try isOnAnotherDaemon(operation, owner) else {
            return world
        }
        let address = owner.daemonAddress ?? "an unknown address"
        let title = "operation \(operation.id) was begun on the Docker daemon at \(address)"
        guard let there = try connect(address).map(world.on) else {
            throw CPIError.cloud("\(title); recover it with that one's --config")
        }
        do {
            guard try there.isOnAnotherDaemon(operation) else { return there }
        } catch {
            throw SilentDaemon(
                description: "\(title), which does not answer: \(error); if it has another address "
                    + "or other credentials now, recover it with that one's --config")
        }
        throw CPIError.cloud("\(title), and another one is there now")
    }

    /// A configured Docker that does not answer is no reason to leave alone what was begun at another address.
    private func isOnAnotherDaemon(_ operation: Operation, _ owner: RecordedOwner) throws -> Bool {
        do {
            return try world.isOnAnotherDaemon(operation)
        } catch let error as EngineError where !error.isDockersAnswer {
            guard let address = owner.daemonAddress, address != engine.address else {
                throw error
            }
            return true
        }
    }

    /// Throws `EngineError` where the configured Docker does not answer, unless something open was begun at
    /// another address: that can be settled all the same.
    public func requireDockerOfSomething() throws {
        do {
            _ = try engine.version()
        } catch let error as EngineError where !error.isDockersAnswer {
            let open = try journal?.open() ?? []
            let addresses = open.compactMap { RecordedOwner($0)?.daemonAddress }
            guard addresses.contains(where: { $0 != engine.address }) else { throw error }
        }
    }
}
