extension String {
    /// A file that is part of the program: UTF-8.
    init(resource: [UInt8]) { self.init(decoding: resource, as: UTF8.self) }
}
