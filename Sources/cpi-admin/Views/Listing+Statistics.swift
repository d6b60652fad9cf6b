import Engine
import Journal

extension Listing {
    /// How often, how long.
    init(_ all: [Statistics], isSteps: Bool) {
        let percentiles = [50, 90, 99, 100]
        func key(_ percent: Int) -> String { percent == 100 ? "max" : "p\(percent)" }
        self.init(
            name: isSteps ? "steps" : "methods",
            columns: [
                Column(isSteps ? "step" : "method", least: 12), Column("count"),
                Column("failures"),
            ] + percentiles.map { Column(key($0), unit: "us") } + [Column("slowest")],
            rows: all.map { one in
                [
                    Cell(one.name), Cell(String(one.count)),
                    Cell(String(one.failures), style: one.failures > 0 ? .bad : nil),
                ] + percentiles.map { Span.cell(microseconds: one.percentile($0)) } + [
                    Cell(one.slowest ?? "-")
                ]
            },
            documents: all.map { one in
                var json: JSON = [
                    "name": .string(one.name), "count": JSON(one.count),
                    "failures": JSON(one.failures),
                    "total_us": .integer(one.total),
                    "slowest": JSON(one.slowest),
                ]
                for percent in percentiles {
                    json[key(percent) + "_us"] =
                        JSON(one.percentile(percent))
                }
                return json
            }, nothing: "no operations")
    }
}
