import Engine
import Foundation

@testable import CPI

/// The files of containers: in their layers and in the volumes that they mount.
extension FakeDocker {
    func putArchive(_ index: Int, _ call: Call) throws -> Response {
        guard case .bytes(let bytes, _) = call.request.body else {
            throw NoSuchCall(request: call.request.summary)
        }
        let files = FakeTar.files(in: bytes)
        let links = FakeTar.links(in: bytes)
        let names = files.keys.sorted() + links.keys.sorted()
        tell("put \(names.joined(separator: ",")) into \(state.containers[index].name)")
        guard call.query("path") == "/" else {
            throw Refusal(404, "Could not find the file \(call.query("path") ?? "") in container")
        }
        for path in names {
            let mount = volume(at: path, in: state.containers[index])
            guard mount?.isWritable != false else {
                throw Refusal(403, "mounted volume is marked read-only")
            }
        }
        // An entry replaces a link of its name; it does not write through it.
        for (path, content) in files {
            state.containers[index].links[path] = nil
            write(content, to: path, in: index)
        }
        for (path, target) in links {
            state.containers[index].layer[path] = nil
            state.containers[index].links[path] = target
        }
        copierHeard(index)
        return Response(status: 200)
    }

    /// The last part of the path is not followed if it is a link: the archive holds the link.
    func getArchive(_ index: Int, _ call: Call) throws -> Response {
        let path = call.query("path") ?? ""
        let container = state.containers[index]
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        let place = FakeDocker.resolve(path, container.links, last: false)
        let archive: [UInt8]
        if let target = container.links[place] {
            archive = FakeTar.archive(link: name, to: target)
        } else if let content = read(place, in: container) {
            archive = FakeTar.archive([name: content])
        } else if container.layer.keys.contains(where: { $0.hasPrefix(place + "/") }) {
            let files = container.layer.filter { $0.key.hasPrefix(place + "/") }
            archive = FakeTar.archive(
                Dictionary(
                    uniqueKeysWithValues: files.map { (name + $0.dropFirst(place.count), $1) }))
        } else {
            throw Refusal(404, "Could not find the file \(path) in container \(container.name)")
        }
        return Response(
            status: 200, headers: ["content-type": "application/x-tar"], body: archive)
    }

    /// In a header: its size and, of a link, where that leads in the end.
    func statArchive(_ index: Int, _ call: Call) throws -> Response {
        let path = call.query("path") ?? ""
        let container = state.containers[index]
        let place = FakeDocker.resolve(path, container.links, last: false)
        let size: Int
        var target = ""
        if let link = container.links[place] {
            size = link.utf8.count
            target = FakeDocker.resolve(place, container.links)
        } else if container.layer.keys.contains(where: { $0.hasPrefix(place + "/") }) {
            size = 4096
        } else if let content = read(path, in: container) {
            size = content.count
        } else if path == LiveScript.list, container.hasList {
            size = 4096
        } else {
            return Response(status: 404)
        }
        let isDirectory = target.isEmpty && size == 4096
        let stat: JSON = [
            "name": .string(path), "size": .integer(Int64(size)), "linkTarget": .string(target),
            "mode": .integer(isDirectory ? 1 << 31 | 0o755 : 0o644),
        ]
        let header = Data(stat.bytes).base64EncodedString()
        return Response(status: 200, headers: ["x-docker-container-path-stat": header])
    }

    /// What the writable layer has changed of the image: 0 modified, 1 added, 2 removed. With the
    /// directories above it, and the mount points; null for nothing.
    func changes(_ index: Int) -> Response {
        let container = state.containers[index]
        let image = state.images.first { $0.id == container.imageID }
        let (old, now) = (image?.files ?? [:], container.layer)
        let (oldLinks, links) = (image?.links ?? [:], container.links)
        let before = Set(old.keys).union(oldLinks.keys)
        var kinds: [String: Int64] = [:]
        for path in Set(now.keys).union(links.keys).union(before) {
            let isThere = now[path] != nil || links[path] != nil
            let isSame = now[path] == old[path] && links[path] == oldLinks[path]
            if !isSame { kinds[path] = !isThere ? 2 : before.contains(path) ? 0 : 1 }
        }
        for mount in container.mounts where !before.contains(mount.destination) {
            kinds[mount.destination] = 1
        }
        for path in kinds.keys {
            for parent in FakeDocker.parents(of: path) where kinds[parent] == nil {
                kinds[parent] = before.contains { $0.hasPrefix(parent + "/") } ? 0 : 1
            }
        }
        let list = kinds.sorted { $0.key < $1.key }.map { path, kind -> JSON in
            ["Path": .string(path), "Kind": .integer(kind)]
        }
        return ok(list.isEmpty ? .null : .array(list))
    }

    /// "/a/b/c": "/a" and "/a/b".
    private static func parents(of path: String) -> [String] {
        path.indices.filter { path[$0] == "/" && $0 != path.startIndex }.map { String(path[..<$0]) }
    }

    /// A file of the container: in the volume that is mounted there, else in the layer.
    func read(_ path: String, in container: State.Container) -> [UInt8]? {
        let path = FakeDocker.resolve(path, container.links)
        guard let mount = volume(at: path, in: container) else { return container.layer[path] }
        return state.volumes[mount.source]?.files[String(path.dropFirst(mount.destination.count))]
    }

    func write(_ content: [UInt8], to path: String, in index: Int) {
        let path = FakeDocker.resolve(path, state.containers[index].links)
        if let mount = volume(at: path, in: state.containers[index]) {
            let inside = String(path.dropFirst(mount.destination.count))
            state.volumes[mount.source]?.files[inside] = content
        } else {
            state.containers[index].layer[path] = content
        }
    }

    private func volume(at path: String, in container: State.Container) -> State.Mount? {
        let live = container.live.map { State.Mount("volume", $0, "/warden-cpi-dev/\($0)") }
        return (container.mounts + live)
            .filter { $0.isVolume && path.hasPrefix($0.destination + "/") }
            .max { $0.destination.count < $1.destination.count }
    }

    /// Follows links inside the container: those above the last part of the path, and with `last`
    /// that one as well. A chain without an end is left where it is.
    private static func resolve(_ path: String, _ links: [String: String], last: Bool = true)
        -> String
    {
        guard !links.isEmpty else { return path }
        var path = path
        for _ in 0..<16 {
            let places = parents(of: path) + (last ? [path] : [])
            guard let place = places.first(where: { links[$0] != nil }), let target = links[place]
            else { break }
            let parent = String(place[..<(place.lastIndex(of: "/") ?? place.startIndex)])
            path = normal(
                (target.hasPrefix("/") ? target : parent + "/" + target)
                    + path.dropFirst(place.count))
        }
        return path
    }

    /// Without "." and "..", which stop at the root.
    private static func normal(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }
}
