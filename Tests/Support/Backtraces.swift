import Glibc

/// Swift Testing walks the stack at every `throw` in the process, to show it with a failure. The
/// crash tests throw some hundred thousand errors that are no failures, and would spend a third of
/// their time on it.
enum Backtraces {
    /// From the first use on errors carry no backtrace in this process.
    static let off: Void = {
        for hook in ["_swift_willThrow", "_swift_willThrowTypedImpl"] {
            let address = dlsym(UnsafeMutableRawPointer(bitPattern: 0), hook)
            address?.storeBytes(of: nil, as: UnsafeRawPointer?.self)
        }
    }()
}
