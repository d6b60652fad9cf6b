import Engine

/// An error as the director knows them: contract §1.4 lists the types that it accepts.
public struct CPIError: Error, CustomStringConvertible {
    /// The types, as they stand in an answer.
    public enum Kind: String, Sendable {
        case cpi = "Bosh::Clouds::CpiError"
        case notImplemented = "Bosh::Clouds::NotImplemented"
        case notSupported = "Bosh::Clouds::NotSupported"
        case cloud = "Bosh::Clouds::CloudError"
        case vmNotFound = "Bosh::Clouds::VMNotFound"
        case diskNotFound = "Bosh::Clouds::DiskNotFound"
        case networkNotFound = "Bosh::Clouds::NetworkNotFound"
        case vmCreationFailed = "Bosh::Clouds::VMCreationFailed"
    }

    public var kind: Kind
    public var message: String
    /// Read by the director for `VMCreationFailed` alone: the same call is made again.
    public var okToRetry = false

    public var description: String { message }

    /// What the cloud is to blame for, and most errors are: the director shows the message.
    static func cloud(_ message: String) -> CPIError { CPIError(kind: .cloud, message: message) }

    static func vmNotFound(_ vm: VMCID) -> CPIError {
        CPIError(kind: .vmNotFound, message: "cannot find VM \(vm): no container of that name")
    }

    static func diskNotFound(_ disk: DiskCID) -> CPIError {
        CPIError(
            kind: .diskNotFound,
            message: "cannot find disk \(disk): no volume of that name is a disk")
    }

    static func networkNotFound(_ network: NetworkCID) -> CPIError {
        CPIError(
            kind: .networkNotFound,
            message: "cannot find network \(network): no Docker network of that name")
    }

    /// Any error as one of ours. What is not known to be the caller's mistake is the cloud's.
    static func from(_ error: Error) -> CPIError {
        switch error {
        case let error as CPIError: error
        case let error as Field.Wrong: CPIError(kind: .cpi, message: error.description)
        case let error as Address.Invalid: CPIError(kind: .cpi, message: error.description)
        default: CPIError.cloud("\(error)")
        }
    }

    /// Whether the same call may well succeed later, nothing having been changed by anybody.
    static func isTransient(_ error: Error) -> Bool {
        (error as? EngineError)?.isTransient ?? false
    }
}
