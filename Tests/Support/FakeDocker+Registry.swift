import Engine
import Foundation

/// Images from registries.
extension FakeDocker {
    /// `GET /distribution/{name}/json`: asks the registry, and changes nothing. podman has no such path.
    func distribution(_ call: Call) throws -> Response {
        guard state.buildah == nil else { throw Refusal(404, "Not Found\n") }
        let name = call.parts.dropFirst().dropLast().joined(separator: "/")
        let image = try remote(name, call)
        return ok(["Descriptor": ["digest": .string(image.digest)], "Platforms": []])
    }

    /// By digest alone: a pull by tag would take the tag from the image that has it here. An image that
    /// is here already gets another name.
    func pull(_ call: Call) throws -> Response {
        let (repository, digest) = (call.query("fromImage") ?? "", call.query("tag") ?? "")
        guard digest.hasPrefix("sha256:") else { throw NoSuchCall(request: call.request.summary) }
        let name = "\(repository)@\(digest)"
        tell("pull \(name)")
        let image = try remote(name, call)
        if let index = state.images.firstIndex(where: { $0.id == image.id }) {
            if !state.images[index].digests.contains(name) {
                state.images[index].digests.append(name)
            }
        } else {
            state.images.append(
                State.Image(
                    id: image.id, created: state.newTime(), tags: [], digests: [name],
                    volumes: image.volumes, files: image.files, links: image.links,
                    architecture: image.architecture))
        }
        return stream(
            call.request,
            [
                ["status": .string("Pulling from \(repository)")],
                ["status": .string("Digest: \(digest)")],
            ])
    }

    /// In the words of Engine 26.
    private func remote(_ name: String, _ call: Call) throws -> State.RemoteImage {
        let found = state.registry.first { tagged, image in
            let repository = tagged.split(separator: ":").dropLast().joined(separator: ":")
            return tagged == name || "\(repository)@\(image.digest)" == name
        }
        guard let image = found?.value else {
            throw Refusal(404, "manifest for \(name) not found: manifest unknown: manifest unknown")
        }
        guard let login = image.login else { return image }
        guard let header = call.request.headers.first(where: { $0.name == "X-Registry-Auth" }),
            let json = FakeDocker.decoded(header.value)
        else { throw Refusal(500, "Head \"https://\(name)\": no basic auth credentials") }
        guard json["username"].string == login.username, json["password"].string == login.password
        else {
            throw Refusal(
                500, "unauthorized: authentication required, with \(json.text) of \(header.value)")
        }
        return image
    }

    private static func decoded(_ header: String) -> JSON? {
        let text = header.replacing("-", with: "+").replacing("_", with: "/")
        return Data(base64Encoded: text).flatMap { try? JSON(parsing: $0) }
    }
}
