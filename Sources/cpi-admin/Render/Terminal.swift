import CPI
import Glibc
import Journal

/// People get relative times, short ids and colour; pipes get everything, in full and plain.
enum Terminal {
    static let isInteractive = isatty(STDOUT_FILENO) == 1
    /// Whether somebody can be asked.
    static let canAsk = isInteractive && isatty(STDIN_FILENO) == 1
    static let showsProgress = isatty(STDERR_FILENO) == 1
    /// https://no-color.org: "when present and not an empty string (regardless of its value)".
    private static let hasColor =
        isInteractive && (getenv("NO_COLOR").map { $0.pointee == 0 } ?? true)

    /// Columns of the terminal; 80 where it does not say.
    static let width: Int = {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 20 else {
            return 80
        }
        return Int(size.ws_col)
    }()

    /// swift-argument-parser breaks its help into lines, and traps where they would be too short.
    static func widenForHelp() {
        var size = winsize()
        let isNarrow = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col < 40
        let isAskedFor =
            getenv("COLUMNS").flatMap { Int(String(cString: $0)) }.map { $0 < 40 } ?? false
        if isNarrow || isAskedFor { setenv("COLUMNS", "40", 1) }
    }

    enum Style: Int {
        case title = 1, bad = 31, good = 32, doubtful = 33, person = 35, busy = 36
    }

    static func styled(_ text: String, _ style: Style?) -> String {
        guard hasColor, let style else { return text }
        return "\u{1b}[\(style.rawValue)m\(text)\u{1b}[0m"
    }

    /// At most `width` characters: the middle goes, or the end.
    static func cut(_ text: String, _ width: Int, end: Bool = false) -> String {
        guard isInteractive, text.count > width, width > 1 else { return text }
        guard !end else { return text.prefix(width - 1) + "…" }
        let head = width / 2
        return "\(text.prefix(head))…\(text.suffix(width - 1 - head))".replacing("……", with: "…")
    }

    /// A UUID's first eight digits, and 12 of Docker's 64, are enough for an eye.
    static func shortened(_ text: String) -> String {
        shortenedHex(text).replacing(
            #/([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/#
        ) { "\($0.output.1)…" }
    }

    /// 12 of an id's 64 digits are what Docker's own client shows, and takes.
    static func shortenedHex(_ text: String) -> String {
        text.replacing(#/\b([0-9a-f]{12})[0-9a-f]{52}\b/#) { "\($0.output.1)" }
    }

    /// Lines of at most `width` characters, broken at blanks, and within words that are longer.
    static func wrapped(_ text: String, _ width: Int) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false).flatMap { paragraph in
            var lines = [""]
            for word in paragraph.split(separator: " ", omittingEmptySubsequences: false) {
                let last = lines[lines.count - 1]
                if last.isEmpty {
                    lines[lines.count - 1] = String(word)
                } else if shownLast(last, width) + 1 + word.count <= width {
                    lines[lines.count - 1] += " " + word
                } else {
                    lines.append(String(word))
                }
            }
            return lines.flatMap { broken($0, width) }
        }
    }

    /// How much of a line is on the terminal's last one, when it is broken.
    private static func shownLast(_ line: String, _ width: Int) -> Int {
        line.count > width && width > 0 ? (line.count - 1) % width + 1 : line.count
    }

    private static func broken(_ line: String, _ width: Int) -> [String] {
        guard line.count > width, width > 0 else { return [line] }
        var (lines, rest): ([String], Substring) = ([], line[...])
        while !rest.isEmpty {
            lines.append(String(rest.prefix(width)))
            rest = rest.dropFirst(width)
        }
        return lines
    }

    /// As lines below a title: indented, and wrapped for a terminal.
    static func indented(_ lines: [String]) -> [String] {
        guard isInteractive else { return lines.map { "  " + $0 } }
        return lines.flatMap { line in
            wrapped(line, width - 4).enumerated().map { ($0 == 0 ? "  " : "    ") + $1 }
        }
    }

    /// Asks on the terminal; anything but "y" or "yes" is no.
    static func ask(_ question: String) -> Bool {
        let answer = read(question + " [y/N] ")?.lowercased()
        return answer == "y" || answer == "yes"
    }

    /// What somebody types; nil at the end of the input.
    static func read(_ prompt: String) -> String? {
        Streams.write(prompt, to: 2)
        return readLine()
    }
}
