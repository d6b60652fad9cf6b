/// https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Volume
extension Engine {
    /// `GET /volumes/{name}`, nil when there is none.
    public func volume(_ name: String) throws -> Volume? {
        do {
            return Volume(json: try inspected("/volumes/\(name.percentEncoded)", by: "Name"))
        } catch let error as EngineError where error.isNotFound {
            // The driver is not there: that says nothing of the volume.
            guard !error.isWithoutPlugin else { throw error }
            return nil
        }
    }

    /// `GET /volumes` by filters.
    public func volumes(_ filters: Filters) throws -> [Volume] {
        try list("/volumes", [filters.parameter], in: "Volumes").map(Volume.init)
    }

    /// `GET /system/df`: what each volume holds, in bytes, by name. An Engine reads all their files for it:
    /// no time limit but that an answer comes at last.
    public func volumeSizes() throws -> [String: Int] {
        var request = Request("GET", "/system/df")
        // Below API 1.42 it is ignored, and images and containers are counted as well.
        request.query = [(name: "type", value: "volume")]
        let volumes = try document(try send(request), request)["Volumes"].array ?? []
        let sizes = volumes.compactMap { volume -> (String, Int)? in
            guard let name = volume["Name"].string, let size = volume["UsageData"]["Size"].int,
                size >= 0
            else { return nil }
            return (name, size)
        }
        return Dictionary(sizes) { first, _ in first }
    }

    /// `POST /volumes/create`. An Engine returns a volume that is there already as if it had made
    /// it, with its old labels: compare them to learn whose it is.
    public func createVolume(
        _ name: String, labels: [String: String], driver: String = Volume.local,
        options: [String: String] = [:]
    ) throws -> Volume {
        Volume(
            json: try post(
                "/volumes/create", [],
                [
                    "Name": .string(name), "Driver": .string(driver),
                    "DriverOpts": JSON(options), "Labels": JSON(labels),
                ]))
    }

    /// `DELETE /volumes/{name}`, never forced: 409 while any container, also a stopped one, uses it.
    /// Where it is podman, two requests: it is looked for first.
    public func removeVolume(_ name: String) throws {
        try requireExact(volume: name)
        try delete("/volumes/\(name.percentEncoded)")
    }
}
