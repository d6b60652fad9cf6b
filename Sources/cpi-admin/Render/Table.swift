import CPI

/// Columns as wide as their widest cell; on a terminal no wider together than that. What has to give
/// is cut in the middle, widest column first, and no column goes.
struct Table {
    private let columns: [Listing.Column]
    private let rows: [[Listing.Cell]]
    private static let gap = 2

    init(_ listing: Listing) {
        columns = listing.columns
        rows = listing.rows
    }

    /// A table without a title row: names and values.
    static func pairs(_ pairs: [(String, Listing.Cell)]) -> String {
        let width = pairs.map(\.0.count).max() ?? 0
        let room = max(20, Terminal.width - width - gap)
        return pairs.map { name, cell in
            let text = line(of: cell)
            let lines = Terminal.isInteractive ? Terminal.wrapped(text, room) : [text]
            let indent = "\n" + String(repeating: " ", count: width + gap)
            return pad(name, width + gap)
                + lines.map { Terminal.styled($0, cell.style) }.joined(separator: indent)
        }.joined(separator: "\n")
    }

    var text: String {
        let shown = rows.map { $0.map(Table.line(of:)) }
        let widths = fitted(shown)
        let title = line(columns.map(\.title), widths, columns.map { _ in .title })
        return ([title] + zip(shown, rows).map { line($0, widths, $1.map(\.style)) })
            .joined(separator: "\n")
    }

    /// Names and words of others may have ends of lines: a row would look like two.
    private static func line(of cell: Listing.Cell) -> String {
        let text = Terminal.isInteractive ? cell.short ?? cell.text : cell.text
        return Clean.shown(text).replacing("\n", with: " ")
    }

    private func line(_ cells: [String], _ widths: [Int], _ styles: [Terminal.Style?]) -> String {
        let last = cells.count - 1
        return cells.enumerated().map { index, cell in
            let cut = Terminal.cut(cell, widths[index], end: columns[index].cutsEnd)
            let padded = index == last ? cut : Table.pad(cut, widths[index])
            return Terminal.styled(padded, styles[index])
        }.joined(separator: String(repeating: " ", count: separation(widths)))
    }

    private func fitted(_ shown: [[String]]) -> [Int] {
        var widths = columns.enumerated().map { index, column in
            max(column.title.count, shown.map { $0[index].count }.max() ?? 0)
        }
        guard Terminal.isInteractive else { return widths }
        while total(widths) > Terminal.width {
            let spare = widths.indices.filter { index in
                columns[index].least.map { widths[index] > $0 } ?? false
            }
            let turn = spare.map { columns[$0].shrinkOrder }.min()
            let next = spare.filter { columns[$0].shrinkOrder == turn }
            guard let widest = next.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
        }
        return widths
    }

    /// One blank between columns where two would make cells shorter.
    private func separation(_ widths: [Int]) -> Int {
        let isTight = Terminal.isInteractive && widths.count > 6 && Terminal.width < 100
        return isTight ? 1 : Table.gap
    }

    private func total(_ widths: [Int]) -> Int {
        widths.reduce(0, +) + (widths.count - 1) * separation(widths)
    }

    static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
