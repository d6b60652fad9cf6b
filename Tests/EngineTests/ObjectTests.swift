import Testing

@testable import Engine

@Suite("What Docker shows of its objects, and what is asked of it")
struct ObjectTests {
    /// An Engine that answers everything with one text; `seen` gets all but the negotiation.
    private func engine(_ body: String = "{}", seen: @escaping (Request) -> Void = { _ in })
        -> Engine
    {
        Engine(address: "test", timeout: 5) { request in
            guard request.path != "/_ping" else {
                return Response(status: 200, headers: ["api-version": "1.45"])
            }
            seen(request)
            return Response(status: 200, body: Array(body.utf8))
        }
    }

    @Test("only the removal of an image may take long")
    func limits() throws {
        var limits: [String: Request.Limit] = [:]
        let engine = engine { limits[$0.summary] = $0.limit }
        try engine.removeContainer("c", force: true)
        try engine.removeVolume("v")
        try engine.removeNetwork("n")
        try engine.removeImage("i")
        #expect(
            limits == [
                "DELETE /v1.45/containers/c": .total(5), "DELETE /v1.45/volumes/v": .total(5),
                "DELETE /v1.45/networks/n": .total(5), "DELETE /v1.45/images/i": .idle(1_800),
            ])
    }

    @Test("podman's long names of local images are the names that were given")
    func familiarNames() throws {
        let long = "docker.io/library/stemcell:1"
        let tags = try engine(#"[{"RepoTags": ["\#(long)", "a.example/b:2"]}]"#).imageTags([:])
        #expect(tags == ["stemcell:1", "a.example/b:2"])
        let container = try engine(#"{"Id": "c", "Config": {"Image": "\#(long)"}}"#)
            .inspectContainer("c")
        #expect(container.image == "stemcell:1")
    }

    @Test("a container that podman is stopping runs")
    func stopping() {
        func runs(_ status: JSON) -> Bool {
            Container(json: ["State": ["Status": status, "Running": false]]).isRunning
        }
        #expect(runs("stopping") && !runs("exited"))
    }

    @Test("a restart policy goes with its number of attempts")
    func restartPolicy() throws {
        var bodies: [JSON] = []
        let engine = engine { request in
            if case .bytes(let bytes, _) = request.body, let json = try? JSON(parsing: bytes) {
                bodies.append(json["RestartPolicy"])
            }
        }
        try engine.setRestartPolicy("c", "on-failure", retries: 3)
        try engine.setRestartPolicy("c", "no")
        #expect(
            bodies == [
                ["Name": "on-failure", "MaximumRetryCount": 3],
                ["Name": "no", "MaximumRetryCount": 0],
            ])
    }

    @Test("what changed in a container is told by path; nothing may have")
    func changes() throws {
        let some = #"[{"Path":"/etc","Kind":0},{"Path":"/etc/.wh.passwd","Kind":1}]"#
        #expect(try engine(some).changes("c") == ["/etc", "/etc/.wh.passwd"])
        #expect(try engine("null").changes("c") == [])
    }

    @Test("a container's state, policy and mounts")
    func container() throws {
        let container = Container(
            json: [
                "State": ["Running": true, "Paused": true],
                "HostConfig": [
                    "AutoRemove": true, "NetworkMode": "net-a",
                    "RestartPolicy": ["Name": "on-failure", "MaximumRetryCount": 3],
                ],
                "Mounts": [
                    [
                        "Type": "volume", "Name": "v", "Driver": "local", "RW": true,
                        "Source": "/var/lib/docker/volumes/v/_data", "Destination": "/v",
                        "Propagation": "",
                    ],
                    [
                        "Type": "bind", "Source": "/lib/modules", "RW": false,
                        "Destination": "/usr/lib/modules", "Propagation": "rprivate",
                    ],
                ],
            ])
        #expect(container.isRunning && container.isPaused && container.autoRemove)
        #expect(container.restartRetries == 3 && container.networkMode == "net-a")
        let volume = try #require(container.mounts.first)
        #expect(!volume.isReadOnly && volume.propagation == "")
        #expect(volume.source == "/var/lib/docker/volumes/v/_data")
        let bind = try #require(container.mounts.last)
        #expect(bind.isReadOnly && bind.propagation == "rprivate" && bind.source == "/lib/modules")
        #expect(bind.name == "")
    }

    @Test("what an Engine does not say is not taken for a yes")
    func silent() {
        let container = Container(json: ["Mounts": [["Type": "volume"]]])
        #expect(!container.isPaused && !container.autoRemove && container.restartRetries == 0)
        #expect(container.mounts.map(\.isReadOnly) == [false])
    }

    @Test("an image's volumes, a volume's directory")
    func imageAndVolume() {
        let image = Image(json: ["Config": ["Volumes": ["/b": [:], "/a": [:]]]])
        #expect(image.declaredVolumes == ["/a", "/b"])
        #expect(Image(json: ["Config": ["Volumes": .null]]).declaredVolumes == [])
        #expect(Volume(json: ["Mountpoint": "/v/_data"]).mountpoint == "/v/_data")
    }

    @Test("a volume whose name is not shown is known by its directory, as Engine 28 shows some")
    func unnamedVolume() {
        let id = String(repeating: "a1", count: 32)
        func name(_ source: String, _ type: String = "volume") -> String {
            let mount: JSON = ["Type": .string(type), "Source": .string(source)]
            return Container(json: ["Mounts": [mount]]).mounts.first?.name ?? "?"
        }
        #expect(name("/var/lib/docker/volumes/\(id)/_data") == id)
        #expect(name("/var/lib/docker/volumes/\(id)/_data", "bind") == "")
        #expect(name("/mnt/nfs/\(id)") == "" && name("") == "")
    }
}
