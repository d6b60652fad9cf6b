import CPI
import Engine
import Journal

/// One VM: Docker's side, and what was last done with it.
struct VMPage {
    let report: VMReport
    let operations: [OperationView]

    init(_ report: VMReport, _ journal: Journal?) throws {
        self.report = report
        guard let journal else {
            operations = []
            return
        }
        let filter = OperationFilter(
            subjects: [Subject(.vm, report.cid)], mutatingOnly: true, limit: 5)
        operations = try journal.operations(filter).map(OperationReader(journal).view)
    }

    var text: String {
        var parts = [Table.pairs(header)]
        if !report.beside.isEmpty {
            parts.append(
                (["Beside it"] + Terminal.indented(report.beside.map(Terminal.shortened)))
                    .joined(separator: "\n"))
        }
        if !operations.isEmpty {
            let columns: [OperationColumn] = [.started, .id, .state, .method, .disk, .duration]
            parts.append("Last calls\n" + Listing(operations, columns: columns).text(.table))
        }
        return parts.joined(separator: "\n\n")
    }

    private var header: [(String, Listing.Cell)] {
        let container = report.container
        let instance = Instance(metadata: report.metadata)
        var lines: [(String, Listing.Cell)] = [("VM", Listing.Cell(report.cid))]
        if let text = instance.text { lines.append(("Instance", Listing.Cell(text))) }
        lines += [
            ("State", Listing.Cell(state, style: stateStyle)),
            ("Agent", agent),
            ("Container", Listing.Cell("\(container.name), id \(container.id.prefix(12))")),
            ("Image", Listing.Cell(Terminal.shortenedHex(container.image))),
        ]
        if !report.stemcell.isEmpty { lines.append(("Stemcell", Listing.Cell(report.stemcell))) }
        lines.append(("Restarts", Listing.Cell(restarts)))
        lines += report.networks.map { network in
            let addresses = network.addresses.isEmpty ? ["no address"] : network.addresses
            let words = (addresses + [network.mac]).joined(separator: " ")
            return ("Network", Listing.Cell("\(network.name): \(words)"))
        }
        lines += report.limits.map { limit in
            let now = limit.inForce.map { ", in force: \($0)" } ?? ""
            return ("Limit", Listing.Cell("\(limit.name): asked \(limit.asked)\(now)"))
        }
        lines += report.disks.map { ("Disk", Listing.Cell(words($0))) }
        return lines
    }

    private var stateStyle: Terminal.Style {
        report.container.isPaused ? .doubtful : report.container.isRunning ? .good : .bad
    }

    private var state: String {
        let container = report.container
        if container.isPaused {
            return
                "paused, started \(DockerTime.utc(container.startedAt)); Docker does not say since when"
        }
        if container.isRunning {
            return "\(container.status) since \(DockerTime.utc(container.startedAt))"
        }
        let error = container.startError.isEmpty ? "" : ": \(container.startError)"
        return "\(container.status) since \(DockerTime.utc(container.finishedAt)), "
            + "exit code \(container.exitCode)\(error)"
    }

    private var agent: Listing.Cell {
        switch report.isAgentUp {
        case true?: Listing.Cell("up (\(report.agent))", style: .good)
        case false?:
            Listing.Cell(
                Invocation.complete("not up: cpi-admin vm \(report.cid) --logs 50"), style: .bad)
        case nil where report.container.isPaused:
            Listing.Cell(
                "not asked, for the VM is paused: docker unpause \(report.container.name), unless a "
                    + "snapshot is being taken", style: .doubtful)
        case nil: Listing.Cell("the VM does not run (\(report.agent))")
        }
    }

    private var restarts: String {
        let container = report.container
        let policy = container.restartPolicy.isEmpty ? "no" : container.restartPolicy
        return "policy \(policy), \(container.restarts) by it so far"
    }

    private func words(_ disk: VMReport.Disk) -> String {
        guard !disk.isGone else { return "\(disk.disk): the volume is gone" }
        let place =
            disk.path.map { "at \($0)" }
            ?? (disk.isOnList ? "attached while the VM ran" : "not attached")
        let pin = disk.pin.map { ", its pin is \($0)" } ?? ""
        return "\(disk.disk), \(disk.sizeMiB) MiB, \(place)\(pin)"
    }

    /// Schema 1.
    var json: JSON {
        let container = report.container
        return [
            "schema": 1, "vm": .string(report.cid), "container": .string(container.name),
            "container_id": .string(container.id), "status": .string(container.status),
            "paused": .bool(container.isPaused),
            "started": .string(container.startedAt), "finished": .string(container.finishedAt),
            "exit_code": JSON(container.exitCode), "image": .string(container.image),
            "stemcell": .string(report.stemcell), "agent_id": .string(report.agent),
            "agent_up": JSON(report.isAgentUp),
            "restart_policy": .string(container.restartPolicy),
            "metadata": JSON(report.metadata), "beside": JSON(report.beside),
            "networks": .array(
                report.networks.map {
                    [
                        "name": .string($0.name), "addresses": JSON($0.addresses),
                        "mac": .string($0.mac),
                    ]
                }),
            "limits": .array(
                report.limits.map {
                    [
                        "name": .string($0.name), "asked": .string($0.asked),
                        "in_force": JSON($0.inForce),
                    ]
                }),
            "disks": .array(
                report.disks.map {
                    [
                        "disk": .string($0.disk), "size_mib": JSON($0.sizeMiB),
                        "path": JSON($0.path), "on_list": .bool($0.isOnList),
                        "pin": JSON($0.pin), "gone": .bool($0.isGone),
                    ]
                }),
            "operations": .array(operations.map(\.json)),
        ]
    }
}
