import Engine
import Journal

extension Inspection {
    /// Looks at Docker as far as VMs and disks need it. Changes nothing. Throws `EngineError`.
    public func diagnose() throws -> [Finding] {
        let info = try world.engineInfo()
        let version = try engine.version()
        let release = info["ServerVersion"].string.map { ", version \($0)" } ?? ""
        var findings = [Finding("docker", .ok, "\(engine.address), API \(version)\(release)")]
        if version < APIVersion(1, 42), world.configuration.pin != .always {
            findings.append(
                Finding(
                    "prune", .warn, "docker volume prune takes disks that no VM has",
                    advice: "set disks.pin to always, or never prune volumes there"))
        }
        if let remark = try daemonRemark() {
            findings.append(Finding("docker", remark.isWell ? .ok : .fail, remark.words))
        }
        findings += try otherDaemon() + hiddenVMs()
        findings += [storage(info), try quota(), try cgroups(info), try privileged(), clock(info)]
        return findings + (try restartPolicies()) + (try vmFindings())
            + (try stoppedPins()) + (try missingPins()) + (try disksWithoutKeeper())
            + (try operationFindings())
    }

    /// One whose data directory is not mounted answers as an empty one does.
    private func otherDaemon() throws -> [Finding] {
        let calls = OperationFilter(mutatingOnly: true, limit: 100)
        let last = try journal?.operations(calls).first {
            guard let owner = RecordedOwner($0) else { return false }
            return owner.daemonAddress == engine.address && owner.daemonID != nil
        }
        guard let last, try world.isOnAnotherDaemon(last) else { return [] }
        return [
            Finding(
                "daemon", .fail,
                "another Docker daemon answers than the one that operation \(last.id) was done on",
                advice: "see whether Docker's data directory is mounted; docker info")
        ]
    }

    /// VMs of another storage driver. Volumes of one that Docker shows are none.
    private func hiddenVMs() throws -> [Finding] {
        let shown = Set(try engine.containers(.label(Label.vm)).compactMap(\.vm))
        let hidden = try engine.volumes(.label(Label.storageDriver)).compactMap { volume in
            try volume.labels.label(Label.vm).flatMap { vm in
                try shown.contains(VMCID(vm)) ? nil : world.hiding(volume).map { (vm, $0) }
            }
        }
        guard let why = hidden.first?.1 else { return [] }
        let count = Set(hidden.map(\.0)).count
        return [
            Finding(
                "hidden VMs", .fail,
                "Docker shows \(count) VM\(count == 1 ? "" : "s") no more whose volumes are there: \(why)",
                advice: "give Docker that storage driver again")
        ]
    }

    private func storage(_ info: JSON) -> Finding {
        let driver = info["Driver"].string ?? "unknown"
        let backing = DaemonKind.backingFileSystem(info)
        let words = driver + (backing.map { " on \($0)" } ?? "")
        guard ["vfs", "devicemapper", "aufs"].contains(driver) else {
            return Finding("storage", .ok, words)
        }
        return Finding(
            "storage", .warn,
            "\(words): each container is a whole copy of its image, or unsupported",
            advice: "let Docker use overlay2")
    }

    private func quota() throws -> Finding {
        let disks = try engine.volumes([:]).filter(\.isDisk)
        let labels = disks.filter { !$0.enforcesSize }.count
        guard labels > 0 else {
            let words =
                disks.isEmpty
                ? "no disks" : "\(disks.count) disks, the size of each is enforced"
            return Finding("disk sizes", .ok, words)
        }
        return Finding(
            "disk sizes", .ok,
            "\(labels) of \(disks.count) disks have a size that nothing enforces: see cpi-admin disks"
        )
    }

    /// Without a controller Docker drops the limits that it would enforce.
    private func cgroups(_ info: JSON) throws -> Finding {
        let missing = try missingControllers().map(\.rawValue)
        let version = try cgroupVersion().map { "version \($0)" } ?? "of unknown version"
        let driver = info["CgroupDriver"].string.map { ", driver \($0)" } ?? ""
        guard !missing.isEmpty else { return Finding("cgroups", .ok, version + driver) }
        return Finding(
            "cgroups", .fail, "\(version); no controller for " + missing.joined(separator: ", "),
            advice: "give the daemon those controllers; limits on VMs are dropped without them")
    }

    /// Whether privileged containers work is seen by those that run: nothing is started for it.
    private func privileged() throws -> Finding {
        guard world.configuration.privileged else {
            return Finding(
                "privileged", .warn, "VMs are made without privileges",
                advice: "set privileged to true, unless the stemcell's agent needs none")
        }
        // Somebody may have run a copy of a VM, or a stemcell, by hand.
        let running = try engine.containers(["label": [Label.vm], "status": ["running"]]).filter {
            $0.names.contains { VMCID.role(of: $0)?.role == .vm }
        }
        let count = try running.count { summary in
            try world.listed(summary)?.isPrivileged == true
        }
        guard count > 0 || running.isEmpty else {
            return Finding(
                "privileged", .warn, "none of \(running.count) VMs that run has privileges",
                advice: "bosh recreate them: they were made with another configuration")
        }
        let words = running.isEmpty ? "not seen: no VM runs" : "\(count) VMs run with privileges"
        return Finding("privileged", .ok, words)
    }

    private func clock(_ info: JSON) -> Finding {
        guard let theirs = info["SystemTime"].string, let time = DockerTime.milliseconds(theirs)
        else { return Finding("clock", .ok, "Docker does not say its time") }
        let seconds = abs(world.clock.wall() - time) / 1_000
        guard seconds > 5 else { return Finding("clock", .ok, "the same as Docker's") }
        return Finding(
            "clock", seconds > 60 ? .fail : .warn, "\(seconds) seconds off Docker's",
            advice: "let both hosts keep time with NTP")
    }

    /// What Docker starts by itself may be a container that was replaced.
    private func restartPolicies() throws -> [Finding] {
        try engine.containers(.label(Label.vm)).compactMap { summary in
            guard let container = try world.listed(summary) else { return nil }
            let policy = Remount.RestartPolicy(name: container.restartPolicy)
            let role = VMCID.role(of: container.name)?.role
            guard role != .incomplete else { return nil }  // a create_vm's, which may be at work
            guard role == .vm else {
                guard try policy.startsStopped(engine) else { return nil }
                let what = role?.isOld == true ? "it was replaced" : "it has not the name of its VM"
                return Finding(
                    "restart \(container.name)", .fail,
                    "\(what), and Docker may start it: policy \(container.restartPolicy)",
                    advice: "docker update --restart no \(container.name)")
            }
            guard policy.startsStopped else { return nil }
            return Finding(
                "restart \(container.name)", .warn,
                "policy \(container.restartPolicy): Docker starts it again when it is stopped by hand",
                advice: "docker update --restart unless-stopped \(container.name)")
        }
    }

    private func operationFindings() throws -> [Finding] {
        guard journal != nil else { return [try shownByDocker()] }
        let open = try openOperations()
        let dead = open.filter { world.owner(of: $0) == nil }
        let unrecorded = try self.unrecorded()
        let elsewhere = unrecorded.filter { world.owner(of: $0) != nil }
        var found: [Finding] = []
        if !dead.isEmpty {
            found.append(
                Finding(
                    "operations", .warn, "open, and nobody is at work on them: \(dead.count)",
                    advice: "\(RecoveryCommand.all)"))
        }
        if unrecorded.count > elsewhere.count {
            found.append(
                Finding(
                    "operations", .warn,
                    "\(unrecorded.count - elsewhere.count) that Docker shows are not in this journal, and nobody is "
                        + "seen at work on them", advice: "\(RecoveryCommand.fromDocker)"))
        }
        guard found.isEmpty else { return found }
        let atWork = open.isEmpty ? "none is open" : "\(open.count) at work"
        let further =
            elsewhere.isEmpty ? "" : "; \(elsewhere.count) may be at work on another machine"
        return [Finding("operations", .ok, atWork + further)]
    }

    /// Where no journal can be read.
    private func shownByDocker() throws -> Finding {
        let traces = try Traces(world: world).unowned()
        guard traces.isEmpty else {
            return Finding(
                "operations", .warn,
                "interrupted ones that Docker shows: \(traces.count); no journal tells of others",
                advice: "\(RecoveryCommand.fromDocker)")
        }
        return Finding(
            "operations", .ok, "Docker shows none that was interrupted; no journal tells of others")
    }
}
