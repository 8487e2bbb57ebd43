import HTTP1Engine
import HTTPTypes
import Testing

@Suite("Where a body ends")
struct MessageFramingTests {
    /// Fields spelled `name: value`, one after another.
    static func fields(_ lines: [String]) throws -> HTTPFields {
        var fields = HTTPFields()
        for line in lines {
            let parts = line.split(separator: ":", maxSplits: 1)
            let name = try #require(HTTPField.Name(String(parts[0])))
            fields.append(HTTPField(name: name, value: parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""))
        }
        return fields
    }

    @Test(
        "responses without a body have none, whatever their lengths say",
        arguments: [
            (200, HTTPRequest.Method.head), (404, .head), (100, .get), (103, .post), (101, .get), (204, .get),
            (304, .get),
        ])
    func noBody(status: Int, method: HTTPRequest.Method) throws {
        for lines in [
            ["Content-Length: 5"], ["Transfer-Encoding: chunked"], ["Content-Length: 5", "Content-Length: 6"], [],
        ] {
            let fields = try Self.fields(lines)
            #expect(try MessageFraming.ofResponse(status: status, to: method, fields: fields) == MessageFraming.none)
        }
    }

    @Test("2xx to CONNECT is a tunnel, whatever its lengths say; other answers are framed as ever")
    func connect() throws {
        let fields = try Self.fields(["Content-Length: 5"])
        #expect(try MessageFraming.ofResponse(status: 200, to: .connect, fields: fields) == .tunnel)
        #expect(try MessageFraming.ofResponse(status: 299, to: .connect, fields: [:]) == .tunnel)
        #expect(try MessageFraming.ofResponse(status: 407, to: .connect, fields: fields) == .length(5))
    }

    static let goodFields: [(lines: [String], framing: MessageFraming)] = [
        (["Content-Length: 0"], MessageFraming.length(0)), (["Content-Length: 42"], .length(42)),
        (["content-length: 007"], .length(7)), (["Content-Length: 9223372036854775807"], .length(.max)),
        (["Transfer-Encoding: chunked"], .chunked), (["transfer-encoding: Chunked"], .chunked),
        ([], .untilClose), (["Content-Length-X: 5"], .untilClose),
    ]

    @Test(
        "length fields that are taken",
        arguments: Self.goodFields)
    func taken(lines: [String], framing: MessageFraming) throws {
        let fields = try Self.fields(lines)
        #expect(try MessageFraming.ofResponse(status: 200, to: .get, fields: fields) == framing)
        let asked = framing == .untilClose ? MessageFraming.none : framing
        #expect(try MessageFraming.ofRequest(fields: fields) == asked)
    }

    static let badFields: [(lines: [String], code: HTTP1Error.Code)] = [
        (["Content-Length: 5", "Content-Length: 6"], HTTP1Error.Code.repeatedContentLength),
        (["Content-Length: 5", "Content-Length: 5"], .repeatedContentLength),
        (["Content-Length: 5, 5"], .repeatedContentLength), (["Content-Length: 5,6"], .repeatedContentLength),
        (["Content-Length: +5"], .invalidContentLength), (["Content-Length: -5"], .invalidContentLength),
        (["Content-Length: 5 5"], .invalidContentLength), (["Content-Length: 0x5"], .invalidContentLength),
        (["Content-Length: 5.0"], .invalidContentLength), (["Content-Length:"], .invalidContentLength),
        (["Content-Length: \u{FF15}"], .invalidContentLength),
        (["Content-Length: 9223372036854775808"], .invalidContentLength),
        (["Content-Length: 99999999999999999999"], .invalidContentLength),
        (["Transfer-Encoding: chunked", "Content-Length: 5"], .lengthWithTransferCoding),
        (["Content-Length: 5", "Transfer-Encoding: identity"], .lengthWithTransferCoding),
        (["Transfer-Encoding: gzip"], .unsupportedTransferCoding),
        (["Transfer-Encoding: gzip, chunked"], .unsupportedTransferCoding),
        (["Transfer-Encoding: chunked, gzip"], .unsupportedTransferCoding),
        (["Transfer-Encoding: chunked, chunked"], .unsupportedTransferCoding),
        (["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], .unsupportedTransferCoding),
        (["Transfer-Encoding: identity"], .unsupportedTransferCoding),
        (["Transfer-Encoding: chunkedchunked"], .unsupportedTransferCoding),
        (["Transfer-Encoding: chunked;q=1"], .unsupportedTransferCoding),
        (["Transfer-Encoding:"], .unsupportedTransferCoding),
    ]

    @Test(
        "length fields that are refused",
        arguments: Self.badFields)
    func refused(lines: [String], code: HTTP1Error.Code) throws {
        let fields = try Self.fields(lines)
        #expect(
            refusal { () throws(HTTP1Error) in try MessageFraming.ofResponse(status: 200, to: .get, fields: fields) }
                == code)
        #expect(refusal { () throws(HTTP1Error) in try MessageFraming.ofRequest(fields: fields) } == code)
    }

    @Test("Transfer-Encoding is refused in every version but 1.1", arguments: [HTTPVersion.http10, .http2, .http3])
    func oldVersions(version: HTTPVersion) throws {
        let fields = try Self.fields(["Transfer-Encoding: chunked"])
        #expect(
            refusal { () throws(HTTP1Error) in
                try MessageFraming.ofResponse(status: 200, to: .get, version: version, fields: fields)
            } == .misplacedTransferCoding)
        #expect(try MessageFraming.ofResponse(status: 200, to: .get, version: version, fields: [:]) == .untilClose)
    }
}
