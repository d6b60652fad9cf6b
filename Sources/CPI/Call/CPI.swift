import Engine
import Glibc
import Journal
import Logging

/// The CPI as a program: one request in, one answer out.
public enum CPI {
    /// The whole of `docker-cpi`. Returns the exit code: 0 once an answer was written, whatever it
    /// says, for bosh-cli takes any other for a failure of the CPI itself.
    public static func main(_ arguments: [String]) -> Int32 {
        Streams.fillGaps()
        signal(SIGPIPE, SIG_IGN)  // a director that is gone must not stop a call half way
        signal(SIGXFSZ, SIG_IGN)  // a limit of file sizes (ulimit -f) is a full disk, and no end
        LoggingSystem.bootstrap(StreamLogHandler.standardError)
        switch CommandLineOptions(arguments) {
        case .version:
            print("docker-cpi \(Version.text)")
            return 0
        case .help:
            print(CommandLineOptions.usage)
            return 0
        case .serve(let path):
            return serve(path)
        case .wrong(let why):
            Streams.write("docker-cpi: \(why)\n\n\(CommandLineOptions.usage)\n", to: 2)
            return 2
        }
    }

    /// Reads the request to its end before anything else: a director that writes to a process that
    /// is gone fails in its own way.
    private static func serve(_ configurationPath: String) -> Int32 {
        let bytes = Streams.readAll(0)
        let service = Service(configurationPath: configurationPath)
        let answer = service.answer(bytes)
        let delivered = Streams.write(answer.bytes + [.newline], to: 1)
        answer.replied(delivered)
        return delivered ? 0 : 1
    }
}
