import Testing
import TransportCore

@Suite struct RequestFramingTests {
    static func request(
        _ method: HTTPRequest.Method = .get, _ fields: HTTPFields = [:], _ body: RequestBody = .empty,
        trailers: HTTPFields = [:]
    ) throws -> Request {
        let url = try HTTPURL("https://a.test:8443/x")
        return Request(method: method, url: url, fields: fields, body: body, trailers: trailers)
    }
    static func field(_ name: String, _ value: String) throws -> HTTPFields {
        var fields = HTTPFields()
        fields.append(HTTPField(name: try #require(HTTPField.Name(name)), value: value))
        return fields
    }
    static let unknown = RequestBody.stream(BodyStream(replayable: false) { EmptyReader() })
    struct EmptyReader: BodyReader { mutating func next() async throws -> [UInt8]? { nil } }

    @Test("a length is sent where there is content, and where it is expected and missing (RFC 9110 §8.6)")
    func lengths() throws {
        #expect(try RequestFraming(Self.request(.get)).contentLength == nil)
        #expect(try RequestFraming(Self.request(.delete)).contentLength == nil)
        #expect(try RequestFraming(Self.request(.post)).contentLength == 0)
        #expect(try RequestFraming(Self.request(.put)).contentLength == 0)
        #expect(try RequestFraming(Self.request(.get, [:], .bytes([1, 2]))).contentLength == 2)
        let stream = try RequestFraming(Self.request(.post, [:], Self.unknown))
        #expect(stream.contentLength == nil)
        #expect(stream.hasContent)
        let trailers = try RequestFraming(Self.request(.post, [:], .bytes([1]), trailers: [.eTag: "x"]))
        #expect(trailers.contentLength == nil)
    }

    @Test("Host replaces the authority, Content-Length may declare a stream's length")
    func taken() throws {
        #expect(try RequestFraming(Self.request()).authority == "a.test:8443")
        let host = try RequestFraming(Self.request(.get, Self.field("Host", "b.test")))
        #expect(host.authority == "b.test")
        #expect(host.fields.isEmpty)
        let declared = try RequestFraming(Self.request(.post, [.contentLength: "7"], Self.unknown))
        #expect(declared.contentLength == 7)
        #expect(declared.fields.isEmpty)
        let close = try RequestFraming(Self.request(.get, [.connection: "keep-alive, Close"]))
        #expect(close.closesConnection)
        #expect(try RequestFraming(Self.request(.get, [.te: "trailers"])).fields[.te] == "trailers")
    }

    @Test(
        "fields that contradict the message or that the transport decides about are refused, by name",
        arguments: [
            ("Host", "a b"), ("Host", ""), ("Host", "user@a"), ("Content-Length", "8"), ("Content-Length", "+2"),
            ("Content-Length", "0x2"), ("Content-Length", ""), ("Transfer-Encoding", "chunked"),
            ("Connection", "upgrade"), ("TE", "gzip"), ("Keep-Alive", "5"), ("Proxy-Connection", "close"),
            ("Upgrade", "websocket"), ("Content-Length", "99999999999999999999"),
        ])
    func refused(name: String, value: String) throws {
        let request = try Self.request(.post, Self.field(name, value), .bytes([1, 2]))
        let error = #expect(throws: TransportError.self) { try RequestFraming(request) }
        #expect(error?.code == .badRequest)
        #expect(error?.retrySafety == .notSent)
        #expect(error?.message.contains(name) == true)
    }

    @Test("several Cookie fields become one (RFC 6265 §5.4)")
    func cookies() throws {
        var fields = HTTPFields()
        fields.append(HTTPField(name: .cookie, value: "a=1"))
        fields.append(HTTPField(name: .accept, value: "*/*"))
        fields.append(HTTPField(name: .cookie, value: "b=2"))
        let framed = try RequestFraming(Self.request(.get, fields)).fields
        #expect(framed.map(\.value) == ["*/*", "a=1; b=2"])
    }

    @Test("two Host fields are refused")
    func twoHosts() throws {
        var fields = try Self.field("Host", "a.test")
        fields.append(contentsOf: try Self.field("host", "b.test"))
        let request = try Self.request(.get, fields)
        #expect(throws: TransportError.self) { try RequestFraming(request) }
    }
}
