import Engine

/// Whoever runs writes. A token stands for what a container has written at some moment: a file in
/// its writable layer, which goes where the layer goes and is nowhere else.
extension FakeDocker {
    private static let directory = "/tokens/"

    /// Every container that runs writes one.
    func stamp() {
        for index in state.containers.indices
        where state.containers[index].status == "running" && !state.containers[index].isPin
            && !state.containers[index].isCopier
        {
            let token = state.issued.count + 1
            state.issued[token] = State.Token(
                vm: state.containers[index].vm,
                container: state.containers[index].id)
            state.containers[index].layer["\(FakeDocker.directory)\(token)"] = []
        }
    }

    func tokens(of container: State.Container) -> Set<Int> { FakeDocker.tokens(container.layer) }

    func tokens(of image: State.Image) -> Set<Int> { FakeDocker.tokens(image.files) }

    /// Those that are still somewhere.
    var tokens: Set<Int> {
        let layers = state.containers.map(\.layer) + state.images.map(\.files)
        return layers.reduce(into: []) { $0.formUnion(FakeDocker.tokens($1)) }
    }

    private static func tokens(_ files: [String: [UInt8]]) -> Set<Int> {
        Set(
            files.keys.compactMap {
                $0.hasPrefix(directory) ? Int($0.dropFirst(directory.count)) : nil
            })
    }
}
