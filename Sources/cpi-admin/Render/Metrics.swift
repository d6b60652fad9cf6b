import Journal

/// The text format of Prometheus, version 0.0.4: of what is in the journal, by method or step. Gauges all of them, for
/// retention takes the oldest away.
enum Metrics {
    /// `open`: the states of what is open.
    static func text(_ all: [Statistics], isSteps: Bool, open: [ShownState]) -> String {
        let label = isSteps ? "step" : "method"
        let name = isSteps ? "docker_cpi_step" : "docker_cpi_call"
        var lines = [
            "# HELP \(name)_duration_seconds How long they took, of those that ended.",
            "# TYPE \(name)_duration_seconds gauge",
        ]
        for one in all {
            let labels = "\(label)=\"\(escaped(one.name))\""
            for percent in [50, 90, 99] {
                guard let duration = one.percentile(percent) else { continue }
                lines.append(
                    "\(name)_duration_seconds{\(labels),quantile=\"0.\(percent)\"} "
                        + seconds(duration))
            }
        }
        lines += [
            "# HELP \(name)_recorded Those in the journal that ended.",
            "# TYPE \(name)_recorded gauge",
        ]
        lines += all.map {
            "\(name)_recorded{\(label)=\"\(escaped($0.name))\"} \($0.durations.count)"
        }
        lines += [
            "# HELP \(name)_failures Those in the journal that ended with an error.",
            "# TYPE \(name)_failures gauge",
        ]
        lines += all.map { "\(name)_failures{\(label)=\"\(escaped($0.name))\"} \($0.failures)" }
        lines += [
            "# HELP docker_cpi_open_operations Operations without an outcome, and parked ones.",
            "# TYPE docker_cpi_open_operations gauge",
        ]
        for state in ShownState.allCases where state.isOpen {
            let count = open.count { $0 == state }
            lines.append("docker_cpi_open_operations{state=\"\(state.rawValue)\"} \(count)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Whatever a caller sent as its method is a label's value.
    private static func escaped(_ name: String) -> String {
        name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            .replacing("\n", with: "\\n")
    }

    /// Microseconds as seconds with six decimals.
    private static func seconds(_ microseconds: Int64) -> String {
        let rest = String(microseconds % 1_000_000)
        let zeros = String(repeating: "0", count: 6 - rest.count)
        return "\(microseconds / 1_000_000).\(zeros)\(rest)"
    }
}
