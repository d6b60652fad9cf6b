import Engine

/// The positional arguments of a method, by the names that the CPI API gives them.
struct Arguments {
    private let fields: [Field]

    /// Throws unless there are as many as `names`; the last `optional` ones may be missing.
    init(_ values: [JSON], _ names: [String], optional: Int = 0, of method: String) throws {
        let least = names.count - optional
        guard (least...names.count).contains(values.count) else {
            let expected = optional == 0 ? "\(least)" : "\(least) to \(names.count)"
            let list = names.isEmpty ? "" : " (\(names.joined(separator: ", ")))"
            throw Field.Wrong(
                description:
                    "\(method) takes \(expected) argument\(expected == "1" ? "" : "s")\(list), not \(values.count)"
            )
        }
        fields = names.enumerated().map { index, name in
            Field(name: name, value: index < values.count ? values[index] : .null)
        }
    }

    subscript(index: Int) -> Field { fields[index] }
}
