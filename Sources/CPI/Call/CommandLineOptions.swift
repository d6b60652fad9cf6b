/// The few options of `docker-cpi`. The director starts it by its path and gives no arguments; the
/// job's wrapper adds the configuration.
enum CommandLineOptions: Equatable {
    case serve(configuration: String)
    case version, help
    case wrong(String)

    static let usage = """
        Usage: docker-cpi -configPath FILE < REQUEST
          Answers one request of a BOSH director, read from stdin, on stdout.

          -configPath, --config FILE   the configuration (JSON)
          --version                    print the version
          --help                       print this
        """

    init(_ arguments: [String]) {
        var configuration: String?
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
            switch parts.first ?? "" {
            case "--version", "-version":
                self = .version
                return
            case "--help", "-help", "-h":
                self = .help
                return
            case "-configPath", "--configPath", "--config", "-config":
                guard let value = parts.count > 1 ? parts[1] : rest.popFirst() else {
                    self = .wrong("\(argument) needs a file")
                    return
                }
                configuration = value
            default:
                self = .wrong("unknown argument \(argument)")
                return
            }
        }
        self =
            configuration.map { .serve(configuration: $0) } ?? .wrong("-configPath FILE is missing")
    }
}
