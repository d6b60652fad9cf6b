import Engine

/// A container that copies one volume into another: its name, and what it copies. It has no network, sees
/// nothing but the two volumes, the source of which it cannot write to, and is gone when the copy is there.
struct Copier: Codable {
    /// The container's name.
    let name: String
    /// The volume that is read: a disk or a snapshot.
    let source: String
    /// The volume that is filled.
    let target: String
    /// The stemcell whose tools it uses.
    let image: String
}

extension Copier {
    /// What a copy needs of a root that can read and write everything, and no more: owners, modes, special
    /// files, capabilities of files, and xattrs that only an administrator sees.
    private static let capabilities: JSON = [
        "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "MKNOD", "SETFCAP",
        "SYS_ADMIN",
    ]

    /// `plan`: of the operation that it copies for, for recovery without a journal.
    func spec(_ method: String, _ plan: some Encodable, _ world: World) throws -> JSON {
        let labels = [
            Label.copyOf: source, Label.method: method, Label.plan: try JSON(encoding: plan).text,
        ]
        return [
            "Image": .string(image), "Entrypoint": JSON(CopyScript.command), "Cmd": [],
            "User": "0:0", "WorkingDir": "/", "StopSignal": "SIGKILL",
            "Healthcheck": ["Test": ["NONE"]],
            "Labels": JSON(Label.complete(labels, world)),
            "HostConfig": [
                "NetworkMode": "none", "CapDrop": ["ALL"], "CapAdd": Copier.capabilities,
                "SecurityOpt": ["no-new-privileges"], "LogConfig": ["Type": "none"],
                "RestartPolicy": ["Name": "no"],
                "Binds": [
                    .string("\(source):\(CopyScript.from):ro,nocopy"),
                    .string("\(target):\(CopyScript.to):nocopy"),
                ],
            ],
        ]
    }

    /// Whether it has come so far as to write a file of this name.
    func has(_ file: CopyScript.File, _ world: World) throws -> Bool {
        try world.engine.fileSize(name, path: file.path) != nil
    }

    /// Whether it works. Throws `CPIError` when it is gone, or when somebody has paused it: it would never end.
    private func isUp(_ world: World) throws -> Bool {
        let container = try required(world)
        guard !container.isPaused else {
            throw CPIError.cloud("container \(name), which copies the disk, was paused")
        }
        return container.isRunning
    }

    /// The container, if this operation made it. Throws `CPIError` when it is gone.
    func required(_ world: World) throws -> Container {
        try world.requireMadeContainer([name])
    }

    /// Waits for a file of the copier's; false after `seconds`, also when Docker gave no answer. Throws
    /// `CPIError` with the copier's own words when it has ended without it.
    func await(_ file: CopyScript.File, seconds: Double, _ world: World) throws -> Bool {
        try world.wait(seconds: seconds, every: 0.05) {
            try world.ifAnswered("container \(name)") {
                if try has(file, world) { return true }
                guard try !isUp(world) else { return false }
                if try has(file, world) { return true }
                throw try failure(world)
            } ?? false
        }
    }

    /// Waits for its end, as long as that takes; for a Docker that does not answer, a minute at a time. The end
    /// is seen when no more than a twentieth of the time has passed since.
    func awaitReport(_ world: World) throws -> CopyReport {
        var waited = 0.0
        while try isAtWork(world) {
            let pause = min(1, max(0.02, waited / 20))
            world.sleep(seconds: pause)
            waited += pause
        }
        guard let report = try report(world) else { throw try failure(world) }
        return report
    }

    /// Whether it runs: its report is the last that it does. Asked by one request that costs Docker next to
    /// nothing, for a look at its files is dearer.
    private func isAtWork(_ world: World) throws -> Bool {
        func look() throws -> Bool { try isUp(world) }
        var isAtWork: Bool?
        _ = try world.wait(seconds: 60, every: 1) {
            isAtWork = try world.ifAnswered("container \(name)", look)
            return isAtWork != nil
        }
        return try isAtWork ?? look()
    }

    /// What it has said at its end; nil when it did not get so far.
    func report(_ world: World) throws -> CopyReport? {
        let said = try world.persistently {
            try $0.engine.readFile(name, path: CopyScript.File.report.path)
        }
        return said.flatMap { CopyReport($0) }
    }

    private func failure(_ world: World) throws -> CPIError {
        let said = try world.engine.readFile(name, path: CopyScript.File.failed.path) ?? []
        let words = String(decoding: said, as: UTF8.self).split(separator: "\n")
            .joined(separator: "; ")
        let container = try required(world)
        var why = words
        if words.isEmpty {
            // It writes its words where the copy goes: to Docker's disk.
            why = "exit code \(container.exitCode), "
            why += container.startError.isEmpty ? "is Docker's disk full?" : container.startError
        }
        return CPIError.cloud(
            "cannot copy volume \(source) with the tools of image \(image): \(why)")
    }
}

extension World {
    /// The name of an image to copy with: that of the VM's stemcell, else of the newest stemcell that is
    /// there. Never a VM's own root layer, in which anybody may have changed the tools.
    func copierImage(for vm: Container?) throws -> String {
        let own = [vm?.labels[Label.stemcellOfVM], vm?.image].compactMap(\.self)
        for name in own where !name.isEmpty && VMCID.role(of: name) == nil {
            if try engine.image(name) != nil { return name }
        }
        let ours = try engine.imageTags(.label(Label.stemcell))
            .filter { tag in
                // podman shows its names as "localhost/stemcell:…".
                (tag.split(separator: "/").last ?? "").hasPrefix(StemcellCID.prefix)
                    && StemcellCID.ofIncomplete(tag) == nil
            }
        // The Go CPI's have no labels.
        let all = try ours + engine.imageTags(["reference": [StemcellCID.goCPIs]])
        let dated = try all.map { ($0, try engine.image($0)?.createdAt ?? "") }
        guard let newest = dated.max(by: { $0.1 < $1.1 }) else {
            throw CPIError.cloud(
                "no stemcell is on the Docker host whose tools could copy: upload one")
        }
        return newest.0
    }
}

extension Container {
    /// A container that copies for us, by its label: it holds nothing of its own.
    var isCopier: Bool { labels[Label.copyOf] != nil }
}
