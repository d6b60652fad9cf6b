import Engine

/// One request of the director or of `bosh create-env`: contract §1.2.
struct CallRequest: Sendable {
    let method: String
    let arguments: [JSON]
    /// Absent when the caller does not know ours yet; 1 then.
    let apiVersion: Int
    let context: JSON

    var director: String? { context["director_uuid"].string }
    var requestID: String? { context["request_id"].string }
    var stemcellAPIVersion: Int? { context["vm"]["stemcell"]["api_version"].int }

    /// Throws `Field.Wrong`; a text that is not JSON is reported without showing any of it.
    init(parsing bytes: [UInt8]) throws {
        guard bytes.contains(where: { !$0.isSpace }) else {
            throw Field.Wrong(
                description: "the request is empty: one JSON document is expected on stdin")
        }
        let json: JSON
        do {
            json = try JSON(parsing: bytes)
        } catch {
            throw Field.Wrong(
                description:
                    "the request cannot be read as JSON \(error) (\(bytes.count) bytes read from stdin)"
            )
        }
        let request = Field(name: "", value: json)
        _ = try Field(name: "the request", value: json).object()
        method = try request.member("method").nonEmptyString()
        arguments = try request.member("arguments").array().map(\.value)
        apiVersion = try request.member("api_version").optional { try $0.int(1...3) } ?? 1
        context = JSON.object(try request.member("context").optional { try $0.object() } ?? [:])
        _ = try request.member("context").member("director_uuid").optional { try $0.string() }
        _ = try request.member("context").member("request_id").optional { try $0.string() }
    }

    /// The shapes of results that API version 2 brought.
    var isVersion2: Bool { apiVersion >= 2 }
}
