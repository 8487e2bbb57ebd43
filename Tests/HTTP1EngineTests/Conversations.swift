import HTTP1Engine
import HTTPTypes
import Testing

/// One exchange as the client sees it: what it asked, what came back, and what that must be read as.
struct Conversation: CustomTestStringConvertible, Sendable {
    var name: String
    var request = RequestHead.to("/")
    var response: String
    /// Whether the peer closes the connection behind the response.
    var closes = false
    var expected: [String]

    var testDescription: String { name }

    static let upgrade = RequestHead.to("/", .get, [("Connection", "upgrade"), ("Upgrade", "x")])
    static let connect = RequestHead.to("example.test:443", .connect)
    static let head = "HTTP/1.1 200 OK\r\n"
    static let chunked = head + "Transfer-Encoding: chunked\r\n\r\n"

    static let good: [Conversation] = [
        Conversation(
            name: "a body with a length", response: head + "Content-Length: 5\r\n\r\nhello",
            expected: ["response 200 OK Content-Length=5", "body hello", "end"]),
        Conversation(
            name: "an empty body with a length", response: head + "Content-Length: 0\r\n\r\n",
            expected: ["response 200 OK Content-Length=0", "end"]),
        Conversation(
            name: "chunks with extensions and trailers",
            response: chunked
                + "5;a;b=c;d=\"e\\\";f\" ; g\r\nhello\r\n00A\r\n, chunked!\r\n0;x\r\nX-Sum: 1\r\nX-Sum: 2\r\n\r\n",
            expected: ["response 200 OK Transfer-Encoding=chunked", "body hello, chunked!", "end X-Sum=1|X-Sum=2"]),
        Conversation(
            name: "no chunk but the last", response: chunked + "0\r\n\r\n",
            expected: ["response 200 OK Transfer-Encoding=chunked", "end"]),
        Conversation(
            name: "a body until the connection closes", response: head + "\r\nhello\r\n\r\n", closes: true,
            expected: ["response 200 OK ", "body hello\r\n\r\n", "end"]),
        Conversation(
            name: "an empty body until the connection closes", response: head + "\r\n", closes: true,
            expected: ["response 200 OK ", "end"]),
        Conversation(
            name: "several informational responses",
            response:
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\nLink: b\r\n\r\nHTTP/1.1 103\r\n\r\n"
                + "HTTP/1.1 204 No Content\r\n\r\n",
            expected: [
                "informational 100 ", "informational 103 Link=a|Link=b", "informational 103 ",
                "response 204 No Content ",
                "end",
            ]),
        Conversation(
            name: "HEAD with a length", request: .to("/", .head), response: head + "Content-Length: 500\r\n\r\n",
            expected: ["response 200 OK Content-Length=500", "end"]),
        Conversation(
            name: "304 with a length", response: "HTTP/1.1 304 \r\nContent-Length: 500\r\n\r\n",
            expected: ["response 304  Content-Length=500", "end"]),
        Conversation(
            name: "204 with a length", response: "HTTP/1.1 204 \r\nContent-Length: 500\r\n\r\n",
            expected: ["response 204  Content-Length=500", "end"]),
        Conversation(
            name: "another protocol, with its first bytes", request: upgrade,
            response: "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\nHTTP/1.1 is over", closes: true,
            expected: ["switched 101", "body HTTP/1.1 is over", "end"]),
        Conversation(
            name: "an upgrade that is declined", request: upgrade, response: head + "Content-Length: 2\r\n\r\nno",
            expected: ["response 200 OK Content-Length=2", "body no", "end"]),
        Conversation(
            name: "a tunnel, whose lengths mean nothing", request: connect,
            response: "HTTP/1.1 200 Established\r\nContent-Length: 3\r\n\r\n\u{16}\u{3}\u{1}xyz",
            expected: ["switched 200", "body \u{16}\u{3}\u{1}xyz"]),
        Conversation(
            name: "a tunnel that is refused", request: connect,
            response: "HTTP/1.1 407 Auth\r\nContent-Length: 2\r\n\r\nno",
            expected: ["response 407 Auth Content-Length=2", "body no", "end"]),
    ]

    static let bad: [Conversation] = [
        Conversation(
            name: "a body cut short", response: head + "Content-Length: 5\r\n\r\nhell", closes: true,
            expected: ["response 200 OK Content-Length=5", "body hell", "failed truncatedBody"]),
        Conversation(
            name: "chunks cut short", response: chunked + "5\r\nhello\r\n0\r\n", closes: true,
            expected: ["response 200 OK Transfer-Encoding=chunked", "body hello", "failed truncatedBody"]),
        Conversation(
            name: "a head cut short", response: head + "Content-Le", closes: true, expected: ["failed truncatedHead"]),
        Conversation(name: "no response at all", response: "", closes: true, expected: ["failed closedBeforeResponse"]),
        Conversation(
            name: "informational responses and no final one", response: "HTTP/1.1 100 Continue\r\n\r\n", closes: true,
            expected: ["informational 100 ", "failed truncatedHead"]),
        Conversation(
            name: "a TLS alert in clear text", response: "\u{15}\u{3}\u{1}\u{0}\u{2}\u{2}", closes: true,
            expected: ["failed noHTTP"]),
        Conversation(name: "HTTP/0.9", response: "<html>\n", expected: ["failed noHTTP"]),
        Conversation(name: "another protocol's greeting", response: "SSH-2.0-x\r\n", expected: ["failed noHTTP"]),
        Conversation(
            name: "an unknown version", response: "HTTP/3.0 200 OK\r\n", expected: ["failed unsupportedVersion"]),
        Conversation(name: "a bare line feed", response: "HTTP/1.1 200 OK\n", expected: ["failed bareLineFeed"]),
        Conversation(
            name: "a folded line", response: head + "A: b\r\n c\r\n", expected: ["failed foldedLine"]),
        Conversation(
            name: "a protocol that nobody asked for", response: "HTTP/1.1 101 Switching\r\n\r\n",
            expected: ["failed unexpectedSwitch"]),
        Conversation(
            name: "two lengths", response: head + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
            expected: ["failed repeatedContentLength"]),
        Conversation(
            name: "a length and chunks", response: head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
            expected: ["failed lengthWithTransferCoding"]),
        Conversation(
            name: "chunks in HTTP/1.0", response: "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            expected: ["failed misplacedTransferCoding"]),
    ]

    /// Chunked bodies that are refused at their first fault.
    static let badChunks: [Conversation] =
        [
            ("no size", "\r\n", "invalidChunk"), ("not hexadecimal", "g\r\n", "invalidChunk"),
            ("a sign", "+5\r\n", "invalidChunk"),
            ("a prefix", "0x5\r\n", "invalidChunk"), ("a blank before", " 5\r\n", "invalidChunk"),
            ("a blank behind", "5 \r\n", "invalidChunk"), ("text behind", "5 x\r\n", "invalidChunk"),
            ("too large", "1000000000000000\r\n", "invalidChunk"),
            ("far too large", "ffffffffffffffffff\r\n", "invalidChunk"),
            ("no CR", "5\n", "bareLineFeed"), ("a CR inside", "5;a\rb\r\n", "invalidChunk"),
            ("an empty extension", "5;\r\n", "invalidChunk"), ("an empty value", "5;a=\r\n", "invalidChunk"),
            ("an open quote", "5;a=\"b\r\n", "invalidChunk"), ("an escape at the end", "5;a=\"b\\\r\n", "invalidChunk"),
            ("a control character", "5;a=\"\u{1}\"\r\n", "invalidChunk"),
            ("a forbidden trailer", "0\r\nContent-Length: 5\r\n", "forbiddenTrailer"),
            ("a folded trailer", "0\r\n x\r\n", "foldedLine"), ("a bare trailer end", "0\r\n\n", "bareLineFeed"),
            ("an endless size line", "5;" + String(repeating: "a", count: 5_000), "chunkOverhead"),
        ].map { (name: String, body: String, code: String) in
            Conversation(
                name: name, response: chunked + body,
                expected: ["response 200 OK Transfer-Encoding=chunked", "failed \(code)"])
        } + [
            Conversation(
                name: "data longer than its chunk", response: chunked + "2\r\nabc\r\n",
                expected: ["response 200 OK Transfer-Encoding=chunked", "body ab", "failed invalidChunk"]),
            Conversation(
                name: "a bare line feed behind data", response: chunked + "2\r\nab\n0\r\n",
                expected: ["response 200 OK Transfer-Encoding=chunked", "body ab", "failed invalidChunk"]),
        ]
}
