import Engine

@testable import CPI

extension FakeDocker.State {
    /// A container that somebody has made by other means than the CPI.
    mutating func addContainer(
        _ name: String, config: JSON = [:], mounts: [Mount] = [], on network: String? = nil,
        address: String? = nil, status: String = "created"
    ) {
        let endpoints = network.map { [$0: Endpoint(config: [:], address: address)] }
        containers.append(
            Container(
                id: newID(), name: name, imageID: "", config: config, hostConfig: [:],
                mounts: mounts, endpoints: endpoints ?? [:], layer: [:], status: status))
    }
}
