import Testing

@testable import Support

extension AdversaryRun {
    /// One issue for each act and way, with the boundaries at which it goes wrong.
    func report() {
        print(
            "adversary: \(scenario): \(requests.count) requests, \(cases) cases, \(found.count) failed"
        )
        for (key, problems) in found.sorted(by: { $0.key < $1.key }) {
            let lines = problems.sorted { $0.key < $1.key }.map { problem, boundaries in
                "\(problem) (\(boundaries.map(shown).joined(separator: ", ")))"
            }
            let first = problems.values.first?.first ?? ""
            Issue.record(
                """
                \(scenario)|\(key):
                \(lines.joined(separator: "\n"))
                ADVERSARY_CASE='\(scenario)|\(key)|\(first)' swift test --filter CPITests.AdversaryTests
                """)
        }
    }

    /// A boundary with the request there: "12 POST …/stop".
    private func shown(_ boundary: String) -> String {
        guard let n = boundary.split(separator: " ").last.flatMap({ Int($0) }),
            requests.indices.contains(n - 1)
        else { return boundary }
        let parts = requests[n - 1].split(separator: "/").map(String.init)
        // Ids and names differ in each run; what is done to them does not.
        let last = parts.last.flatMap { $0.count > 12 ? nil : $0 } ?? ""
        return "\(boundary): \(parts.prefix(2).joined(separator: "/"))/…\(last)"
    }
}

extension Act {
    /// Its place among all.
    var number: Int { Act.allCases.firstIndex(of: self) ?? 0 }
}
