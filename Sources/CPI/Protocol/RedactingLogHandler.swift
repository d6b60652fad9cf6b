import Logging

/// Passes log lines on without their secrets.
struct RedactingLogHandler: LogHandler {
    private var inner: any LogHandler
    private let redactor: Redactor

    init(_ inner: any LogHandler, _ redactor: Redactor) {
        self.inner = inner
        self.redactor = redactor
    }

    var metadata: Logger.Metadata {
        get { inner.metadata }
        set { inner.metadata = newValue.mapValues(clean) }
    }

    var logLevel: Logger.Level {
        get { inner.logLevel }
        set { inner.logLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { inner[metadataKey: key] }
        set { inner[metadataKey: key] = newValue.map(clean) }
    }

    func log(event: LogEvent) {
        var event = event
        event.message = "\(redactor.clean(event.message.description).shortened)"
        event.metadata = event.metadata?.mapValues(clean)
        // An error would be written with all that it carries.
        event.error = event.error.map { CPIError.from($0) }.map(redactor.clean)
        inner.log(event: event)
    }

    private func clean(_ value: Logger.Metadata.Value) -> Logger.Metadata.Value {
        switch value {
        case .string(let text): .string(redactor.clean(text))
        case .stringConvertible(let value): .string(redactor.clean("\(value)"))
        case .array(let values): .array(values.map(clean))
        case .dictionary(let values): .dictionary(values.mapValues(clean))
        }
    }
}

extension Logger {
    /// The same logger, its lines without secrets.
    func redacted(by redactor: Redactor) -> Logger {
        var copy = self
        copy.handler = RedactingLogHandler(handler, redactor)
        return copy
    }
}
