import Testing

@testable import Engine

@Suite("What answers and is no Docker, or says nothing of the thing")
struct NotDockersTests {
    private func engine(_ answer: @escaping (Request) -> Response) -> Engine {
        Engine(address: "test", timeout: 5) { request in
            request.path == "/_ping"
                ? Response(status: 200, headers: ["api-version": "1.45"]) : answer(request)
        }
    }

    @Test("what says nothing of the thing is not taken for \"not there\", nor for the thing")
    func nothing() throws {
        for (status, body) in [
            (404, ""), (404, #"{"message":"page not found"}"#), (200, "null"), (200, "{}"),
            (200, "[]"),
        ] {
            let engine = engine { _ in Response(status: status, body: Array(body.utf8)) }
            let requests: [() throws -> Any?] = [
                { try engine.volume("v") }, { try engine.container("c") },
                { try engine.image("i") }, { try engine.network("n") },
            ]
            for request in requests {
                #expect("\(status) \(body)") {
                    _ = try request()
                } throws: { error in
                    (error as? EngineError)?.isNotFound == false
                }
            }
        }
    }

    @Test("what is no list is not taken for one that is empty")
    func noList() throws {
        for body in ["{}", "3", #""""#, "[]", "null", #"{"Volumes":null}"#] {
            let engine = engine { _ in Response(status: 200, body: Array(body.utf8)) }
            let isEmpty = body == "[]" || body == "null"
            for list in [
                { try engine.containers([:]).count }, { try engine.networks().count },
                { try engine.networks(named: ["n"]).count }, { try engine.imageTags([:]).count },
                { try engine.untaggedImages([:]).count }, { try engine.changes("c").count },
            ] as [() throws -> Int] {
                #expect((try? list()) == (isEmpty ? 0 : nil), "\(body)")
            }
            let volumes = try? engine.volumes([:]).count
            #expect(volumes == (body.contains("Volumes") ? 0 : nil), "\(body)")
        }
    }

    @Test(
        "a proxy's page says nothing of what was asked for, whatever its status",
        arguments: [404, 504])
    func page(status: Int) throws {
        let engine = engine { request in
            let body = request.method == "HEAD" ? "" : "<html>\(status)</html>"
            return Response(
                status: status, headers: ["content-type": "text/html"], body: Array(body.utf8))
        }
        let requests: [() throws -> Any?] = [
            { try engine.volume("v") }, { try engine.removeVolume("v") },
            { try engine.container("c") }, { try engine.fileSize("c", path: "/f") },
            { try engine.image("i") },
        ]
        for request in requests {
            #expect {
                _ = try request()
            } throws: { error in
                let error = error as? EngineError
                return error?.isNotFound == false && error?.isDockersAnswer == false
                    && error?.isOutcomeUnknown == (status == 504)
            }
        }
    }
}
