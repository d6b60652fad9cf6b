import Engine

/// Rows of one kind of thing, as every format shows them.
struct Listing {
    struct Column {
        /// The key in CSV; the title is the same in capitals unless another one is given.
        let key: String
        /// Of numbers: in CSV the key ends with it, as in JSON, and cells are plain numbers.
        let unit: String?
        var title: String
        /// What a terminal may cut in the middle, down to so many characters.
        var least: Int?
        /// Columns with a lower one are narrowed first.
        var shrinkOrder = 1
        /// A cell that is too long loses its end, and not its middle.
        var cutsEnd = false

        init(
            _ key: String, unit: String? = nil, title: String? = nil, least: Int? = nil,
            shrinkOrder: Int = 1, cutsEnd: Bool = false
        ) {
            self.unit = unit
            self.shrinkOrder = shrinkOrder
            self.cutsEnd = cutsEnd
            self.key = key
            self.title = title ?? key.uppercased().replacing("_", with: " ")
            self.least = least
        }
    }

    struct Cell {
        /// In full, for a program.
        let text: String
        /// For a person at a terminal; the same unless given.
        var short: String?
        var style: Terminal.Style?
        /// In the unit of its column.
        var number: Int64?

        init(_ text: String, short: String? = nil, style: Terminal.Style? = nil) {
            self.text = text
            self.short = short
            self.style = style
        }
    }

    /// The member of the JSON document that has the rows.
    let name: String
    let columns: [Column]
    let rows: [[Cell]]
    /// Each row as the JSON document has it.
    let documents: [JSON]
    /// What is said when there are no rows.
    let nothing: String

    func text(_ format: OutputFormat) -> String {
        switch format {
        case .table: rows.isEmpty ? nothing : Table(self).text
        case .json: (["schema": 1, name: .array(documents)] as JSON).text
        case .jsonl: documents.map(\.text).joined(separator: "\n")
        case .csv: csv
        }
    }

    /// RFC 4180, with a first line of keys.
    private var csv: String {
        let keys = columns.map { column in [column.key, column.unit].compactMap(\.self) }
        let lines =
            [keys.map { $0.joined(separator: "_") }]
            + rows.map { row in
                zip(columns, row).map { column, cell in
                    column.unit == nil ? cell.text : cell.number.map(String.init) ?? ""
                }
            }
        return lines.map { $0.map(Listing.quoted).joined(separator: ",") }
            .joined(separator: "\r\n")
    }

    private static func quoted(_ text: String) -> String {
        // By scalars: "\r\n", and a quote with a combining mark, are one character each.
        let special: [Unicode.Scalar] = [",", "\"", "\n", "\r"]
        guard text.unicodeScalars.contains(where: special.contains) else { return text }
        var quoted = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            quoted.append(scalar)
            if scalar == "\"" { quoted.append(scalar) }
        }
        return "\"" + String(quoted) + "\""
    }
}
