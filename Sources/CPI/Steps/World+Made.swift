import Engine

/// What this operation has made: its label says so. Everything that undoes something asks here.
extension World {
    /// The filter of Docker's lists for all that bears this operation's label.
    var ofOperation: Filters { .label(Label.operation, operation) }

    /// Whether an object with these labels was made by this operation.
    func made(_ labels: [String: String]) -> Bool { labels[Label.operation] == operation }

    /// The container that this operation made, whatever its name is: somebody may have renamed it. Of
    /// two, the one that has the first of these names that is had. A pin or keeper by its name alone: it is made
    /// beside others.
    func madeContainer(_ names: [String]) throws -> Container? {
        // Most often it has one of them, and Docker need not look through all containers for it.
        for name in names {
            guard let container = try engine.container(name) else { continue }
            if container.name == name, made(container.labels),
                !Label.isRunByHand(container.labels)
            {
                return container
            }
        }
        let made = try engine.containers(ofOperation)
            .filter { $0.labels[Label.pinnedTo] == nil }
            .filter {
                try !Label.isRunByHand($0.labels)
                    && !isRunFromForeignCommit($0.id, handing: self.made)
            }
        let named = names.compactMap { name in made.first { $0.names.contains(name) } }
        return try (named.first ?? made.first).flatMap { try engine.container($0.id) }
    }

    /// As `madeContainer`. Throws `CPIError`, naming it by the first name, when it is gone.
    func requireMadeContainer(_ names: [String]) throws -> Container {
        guard let container = try madeContainer(names) else {
            throw CPIError.cloud("container \(names[0]) is gone")
        }
        return container
    }

    /// Whether a container has these labels from its image alone: somebody has committed one of ours (`docker commit`)
    /// and runs that image. An image that the CPI has made itself says what it is for: a VM's by its blueprint, a
    /// stemcell's by its plan.
    func isRunFromForeignCommit(_ id: String, handing: ([String: String]) -> Bool) throws -> Bool {
        guard let container = try engine.container(id),
            let labels = try engine.image(container.imageID)?.labels, handing(labels)
        else { return false }
        return labels.label(Label.blueprint) == nil && labels.label(Label.plan) == nil
    }

    /// The volume of that name, if this operation made it.
    func madeVolume(_ name: String) throws -> Volume? {
        try engine.volume(name).flatMap { made($0.labels) ? $0 : nil }
    }

    /// Makes a volume. An Engine hands out one that is there already as if it were new, so its labels must
    /// say that it is this operation's: throws `CPIError` where they do not.
    func createMadeVolume(_ name: String, labels: [String: String]) throws {
        let volume = try engine.createVolume(name, labels: Label.made(labels, self))
        guard made(volume.labels) else {
            throw CPIError.cloud("cannot create volume \(name): there is one already")
        }
    }

    /// The network of that name, if this operation made it.
    func madeNetwork(_ name: String) throws -> Network? {
        try engine.network(name).flatMap { made($0.labels) ? $0 : nil }
    }

    /// The image of that name, if this operation made it.
    func madeImage(_ name: String) throws -> Image? {
        try engine.image(name).flatMap { made($0.labels) ? $0 : nil }
    }

    /// Removes the volume if this operation made it: one of a name that only this operation has
    /// reason to use, with its label or with none at all.
    func removeMadeVolume(_ name: String) throws {
        guard let volume = try engine.volume(name), made(volume.labels) || volume.isHalfMade else {
            return
        }
        try requireNoDisk(volume)
        try removeVolume(name)
    }

    /// Takes the name away from an image of this operation.
    func removeMadeImage(_ name: String) throws {
        guard try madeImage(name) != nil else { return }
        try removeImage(name)
    }
}
