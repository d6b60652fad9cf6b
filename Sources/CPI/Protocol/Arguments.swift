import Engine

/// The positional arguments of a method, by the names that the CPI API gives them.
struct Arguments {
    /// How many more there were than the method knows: a newer director may send some.
    let ignored: Int
    private let method: String
    private let fields: [Field]

    /// Throws when there are too few for `names`; the last `optional` ones may be missing.
    init(_ values: [JSON], _ names: [String], optional: Int = 0, of method: String) throws {
        let least = names.count - optional
        guard values.count >= least else {
            let expected = optional == 0 ? "\(least)" : "\(least) to \(names.count)"
            let plural = expected == "1" ? "" : "s"
            throw Field.Wrong(
                description: "\(method) takes \(expected) argument\(plural) "
                    + "(\(names.joined(separator: ", "))), not \(values.count)")
        }
        self.method = method
        ignored = max(0, values.count - names.count)
        fields = names.enumerated().map { index, name in
            Field(name: name, value: index < values.count ? values[index] : .null)
        }
    }

    subscript(index: Int) -> Field { fields[index] }

    /// What to log about further arguments; nil when there are none.
    var warning: String? {
        switch ignored {
        case 0: nil
        case 1: "1 further argument of \(method) is ignored"
        default: "\(ignored) further arguments of \(method) are ignored"
        }
    }
}
