import Engine
import Journal

extension Listing {
    /// How often, how long.
    init(_ all: [Statistics], isSteps: Bool) {
        let percentiles = [50, 90, 99, 100]
        func duration(_ one: Statistics, _ percent: Int) -> String {
            one.percentile(percent).map(Span.duration) ?? "-"
        }
        self.init(
            name: isSteps ? "steps" : "methods",
            columns: [
                Column(isSteps ? "step" : "method", least: 12), Column("count"),
                Column("failures"), Column("p50"), Column("p90"), Column("p99"), Column("max"),
                Column("slowest"),
            ],
            rows: all.map { one in
                [
                    Cell(one.name), Cell(String(one.count)),
                    Cell(String(one.failures), style: one.failures > 0 ? .bad : nil),
                ] + percentiles.map { Cell(duration(one, $0)) } + [Cell(one.slowest ?? "-")]
            },
            documents: all.map { one in
                var json: JSON = [
                    "name": .string(one.name), "count": .integer(Int64(one.count)),
                    "failures": .integer(Int64(one.failures)),
                    "total_us": .integer(one.total),
                    "slowest": one.slowest.map(JSON.string) ?? .null,
                ]
                for percent in percentiles {
                    let key = percent == 100 ? "max_us" : "p\(percent)_us"
                    json[key] = one.percentile(percent).map { .integer($0) } ?? .null
                }
                return json
            }, nothing: "no operations")
    }
}
