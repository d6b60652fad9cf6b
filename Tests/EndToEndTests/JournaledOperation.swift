import Journal

/// Foundation has an Operation of its own, and the module's name is that of its main type.
typealias JournaledOperation = Operation
