import HTTP1Engine
import HTTPTypes
import Testing
import Wire

@Suite(
    "Vectors that others published", .enabled(if: PublicVectors.folder != nil, "TERN_SUITES names no folder of vectors")
)
struct PublicVectorTests {
    static let files = [
        "connection", "content-length", "finish", "invalid", "pausing", "pipelining", "sample", "transfer-encoding",
    ]

    /// Where llhttp takes a response and we do not, and why.
    static let stricter: [String: HTTP1Error.Code] = [
        // We ask for no transfer coding, so that no other than chunked can be an answer (RFC 9112 §6.1, §7).
        "`chunked` before other transfer-encoding": .unsupportedTransferCoding,
        "multiple transfer-encoding where chunked is not the last one": .unsupportedTransferCoding,
        "`chunkedchunked` transfer-encoding does not enable chunked enconding": .unsupportedTransferCoding,
        // The request asked for no other protocol (RFC 9110 §15.2.2).
        "HTTP 101 response with Upgrade and Content-Length header": .unexpectedSwitch,
        "HTTP 101 response with Upgrade and Transfer-Encoding header": .unexpectedSwitch,
        // An empty line before a status line; RFC 9112 §2.2 lets servers pass over one, not clients.
        "Response starting with CRLF": .noHTTP,
        "HTTP 100 first, then 400": .noHTTP,
        // Other protocols.
        "RTSP response": .noHTTP,
        "ICE response": .noHTTP,
        "HTTP version 0.9": .unsupportedVersion,
    ]

    @Test("responses of llhttp's tests are read as llhttp reads them, but for what we refuse on purpose")
    func llhttp() throws {
        var seen = 0
        var refused: [String: HTTP1Error.Code] = [:]
        for file in Self.files {
            for one in try PublicVectors.llhttp("\(file).md") {
                seen += 1
                var client = HTTP1Client()
                try client.send(.to("/", one.isHead ? .head : .get))
                client.receive(one.input.span, at: start)
                var events = client.events
                // What llhttp says of bytes behind a complete response, or of a switch, is no refusal of the response.
                if let error = one.error, one.completed == 0 {
                    client.receiveEnd()
                    events += client.events
                    #expect(transcript(events).last?.hasPrefix("failed") == true, "\(one.title): \(error)")
                    continue
                }
                if let error = events.lazy.compactMap({ if case .failed(let error) = $0 { error } else { nil } }).first
                {
                    refused[one.title] = error.code
                    continue
                }
                let statuses = events.compactMap { (event) -> Int? in
                    switch event {
                    case .informational(let head), .response(let head): head.status
                    default: nil
                    }
                }
                let body = events.reduce(into: [UInt8]()) { if case .body(let part) = $1 { $0 += part } }
                // We read one response for one request; llhttp reads on.
                #expect(Array(one.statuses.prefix(statuses.count)) == statuses, "\(one.title)")
                #expect(Array(one.body.prefix(body.count)) == body, "\(one.title)")
                if one.statuses.count == statuses.count { #expect(one.body == body, "\(one.title)") }
                // llhttp counts an informational response as a message of its own.
                let informational = statuses.count { $0 < 200 }
                let isComplete = events.contains { $0 == .end(trailers: [:]) }
                #expect(isComplete == (one.completed > informational), "\(one.title)")
            }
        }
        #expect(seen == 76)
        #expect(refused == Self.stricter)
    }

    @Test("lengths of web-platform-tests are what browsers take, or refused; none is taken that browsers refuse")
    func contentLengths() throws {
        var agreed = 0
        var repeated = 0
        var invalid = 0
        for (lines, length) in try PublicVectors.contentLengths() {
            var client = HTTP1Client()
            try client.send(.to("/"))
            let body = String(repeating: "x", count: 100)
            let events = client.read("HTTP/1.1 200 OK\r\n" + lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
            if case .failed(let error)? = events.last {
                switch (length, error.code) {
                case (nil, _): agreed += 1
                // A browser takes one value for many that agree, and passes over what is no number.
                case (_, .repeatedContentLength): repeated += 1
                default:
                    #expect(error.code == .invalidContentLength)
                    invalid += 1
                }
            } else {
                let read = events.reduce(0) { if case .body(let part) = $1 { $0 + part.count } else { $0 } }
                #expect(read == length, "\(lines)")
                agreed += 1
            }
        }
        #expect([agreed, repeated, invalid] == [18, 9, 8])
    }
}
