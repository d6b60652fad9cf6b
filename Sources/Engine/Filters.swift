/// What a list of Docker's is to hold: values by the filter's name. All names must fit, and of each one value.
public typealias Filters = [String: [String]]

extension Filters {
    /// What bears a label, whatever it says.
    public static func label(_ name: String) -> Filters { ["label": [name]] }

    /// What bears a label that says just this.
    public static func label(_ name: String, _ value: some CustomStringConvertible) -> Filters {
        ["label": ["\(name)=\(value)"]]
    }

    /// As the parameter of a list.
    var parameter: (String, String) { ("filters", JSON.object(mapValues { JSON($0) }).text) }
}
