import CurlTransport
import FileIO
import TestKit
import Testing
import TransportCore

@Suite("CurlTransport, bodies both ways")
struct BodyTests {
    let transport = CurlTransport()

    @Test("prompt delivery returns at the head, and the body follows")
    func prompt() async throws {
        let go = try Signal()
        let server = try RawServer(
            .readHead, .send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc"), .wait(until: go), .send("def"),
            .readToEnd)
        let response = try await transport.send(Sending(server.url("/")).with { $0.delivery = .prompt })
        #expect(response.body.whole == nil)
        var iterator = response.body.makeAsyncIterator()
        #expect(try await iterator.next() == bytes("abc"))
        go.fire()
        #expect(try await iterator.next() == bytes("def"))
        #expect(try await iterator.next() == nil)
    }

    @Test("whole delivery hands a body over live when the cap is passed", .requires(.nginx), arguments: [false, true])
    func cap(secure: Bool) async throws {
        let nginx = try await NginxServer.shared()
        let sending = Sending(nginx.url("/bytes/1048576", secure ? .tls : .clear)).trusting(nginx.ca)
            .with { $0.delivery = .whole(upTo: 1000) }
        let response = try await transport.send(sending)
        #expect(response.body.whole == nil)
        #expect(try await response.body.collect(upTo: 1 << 21) == NginxServer.pattern(1_048_576))
    }

    @Test("a slow reader makes the peer wait", .requires(.nginx))
    func backpressure() async throws {
        let nginx = try await NginxServer.shared()
        var options = ExchangeOptions()
        options.limits.unreadBody = 64 * 1024
        let events = EventLog()
        let sending = Sending(nginx.url("/bytes/1073741824")).with {
            $0.delivery = .prompt
            $0.options = options
        }
        let response = try await transport.send(sending.exchange(onEvent: events.sink))
        var iterator = response.body.makeAsyncIterator()
        var read = try await iterator.next()?.count ?? 0
        // Another exchange goes through the same loop: what could have been received has been.
        _ = try await transport.send(Sending(nginx.url("/delay")))
        func received() -> Int64 {
            events.all.reduce(0) { if case .downloadProgress(let received, _) = $1.kind { received } else { $0 } }
        }
        #expect(received() <= Int64(read) + 64 * 1024 + 32 * 1024)
        while read < 1 << 22, let chunk = try await iterator.next() { read += chunk.count }
        #expect(read >= 1 << 22)
    }

    @Test("a streamed body of unknown length goes out chunked, with its trailers")
    func chunkedUpload() async throws {
        let server = try RawServer(.readHead, .readHead, .ok("fine"), .readToEnd)
        let sum = HTTPField(name: try #require(.init("X-Sum")), value: "9")
        let sending = Sending(
            server.url("/"), .post, body: .chunks([bytes("abc"), bytes("de")], trailers: [.eTag: "\"x\""])
        ).with { $0.trailers.append(sum) }
        #expect(try await transport.send(sending).text() == "fine")
        let text = server.receivedText()
        #expect(text.contains("Transfer-Encoding: chunked\r\n"))
        #expect(text.contains("abc"))
        #expect(text.hasSuffix("\r\n0\r\nX-Sum: 9\r\nETag: \"x\"\r\n\r\n"), "\(text)")
    }

    @Test(
        "uploads arrive whole", .requires(.hypercorn), arguments: [false, true], ["bytes", "stream", "length", "file"])
    func uploads(secure: Bool, kind: String) async throws {
        let hypercorn = try await HypercornServer.shared()
        let all = NginxServer.pattern(1_000_000)
        let chunks = stride(from: 0, to: all.count, by: 30_000).map { Array(all[$0..<min($0 + 30_000, all.count)]) }
        let scratch = try ScratchFolder("upload")
        try scratch.write("body", all)
        let body: RequestBody =
            switch kind {
            case "bytes": .bytes(all)
            case "stream": .chunks(chunks)
            case "length": .chunks(chunks, length: Int64(all.count))
            default: .file(try FileSlice(contentsOf: scratch.path(of: "body")))
            }
        let url = secure ? hypercorn.url("/echo") : hypercorn.clearURL("/echo")
        let response = try await transport.send(Sending(url, .put, body: body).trusting(hypercorn.ca))
        #expect(response.status == .ok)
        let text = try await response.text()
        #expect(text.contains("\"length\": 1000000"))
        #expect(text.contains("\"http_version\": \"\(secure ? "2" : "1.1")\""))
    }

    @Test("the body's own error surfaces, and the transport goes on")
    func failingBody() async throws {
        struct Broken: Error, Equatable { var number: Int }
        let server = try RawServer(.readHead, .readToEnd)
        let body = RequestBody.chunks([bytes("abc")], failing: Broken(number: 7))
        let error = try await transport.failure(of: Sending(server.url("/"), .put, body: body))
        #expect(error.code == .bodyFailed)
        #expect(error.underlying as? Broken == Broken(number: 7))
        #expect(error.phase == .send)
    }

    @Test("a body shorter or longer than it says is an error", arguments: [2, 4])
    func wrongLength(declared: Int64) async throws {
        let server = try RawServer(.readHead, .readToEnd)
        let body = RequestBody.chunks([bytes("abc")], length: declared)
        let error = try await transport.failure(of: Sending(server.url("/"), .put, body: body))
        #expect(error.code == .bodyLengthMismatch)
        try await server.waitForEnd()
        #expect(!server.receivedText().hasSuffix("abc") || declared > 3)
    }

    @Test("an early answer is delivered and ends the upload", arguments: [413, 200])
    func earlyAnswer(status: Int) async throws {
        struct Endless: BodyReader {
            mutating func next() async throws -> [UInt8]? { [UInt8](repeating: 1, count: 10_000) }
        }
        let server = try RawServer(
            .readHead, .send("HTTP/1.1 \(status) Early\r\nContent-Length: 4\r\n\r\nstop"), .readToEnd)
        let body = RequestBody.stream(BodyStream(replayable: false) { Endless() })
        let response = try await transport.send(Sending(server.url("/"), .post, body: body))
        #expect(response.status.code == status)
        #expect(try await response.text() == "stop")
        try await server.waitForEnd()
    }

    @Test("an early 413 over HTTP/2", .requires(.hypercorn))
    func earlyHTTP2() async throws {
        let hypercorn = try await HypercornServer.shared()
        let body = RequestBody.bytes([UInt8](repeating: 1, count: 8 << 20))
        let response = try await transport.send(
            Sending(hypercorn.url("/refuse"), .post, body: body).trusting(hypercorn.ca))
        #expect(response.status.code == 413)
    }

    @Test("Expect: 100-continue waits for 100, for a refusal, and not for ever")
    func expectContinue() async throws {
        var options = ExchangeOptions()
        options.expectContinue = .seconds(30)
        let polite = try RawServer(
            .readHead, .send("HTTP/1.1 100 Continue\r\n\r\n"), .readBody(5), .ok("thanks"), .readToEnd)
        let sending = Sending(polite.url("/"), .post, body: .bytes(bytes("hello"))).with { $0.options = options }
        #expect(try await transport.send(sending).text() == "thanks")
        #expect(polite.receivedText().contains("Expect: 100-continue\r\n"))

        for status in [417, 413] {
            let refusing = try RawServer(
                .readHead, .send("HTTP/1.1 \(status) No\r\nContent-Length: 2\r\n\r\nno"), .readToEnd)
            let refused = try await transport.send(sending.with { $0.url = refusing.url("/") })
            #expect(refused.status.code == status)
            #expect(try await refused.text() == "no")
            #expect(!refusing.receivedText().contains("hello"))
            #expect(refusing.connectionCount == 1)
        }

        options.expectContinue = .milliseconds(50)
        let silent = try RawServer(.readHead, .readBody(5), .ok("late"), .readToEnd)
        let impatient = sending.with {
            $0.url = silent.url("/")
            $0.options = options
        }
        #expect(try await transport.send(impatient).text() == "late")
    }

    @Test("bodies flow both ways at once", .requires(.hypercorn))
    func duplex() async throws {
        let hypercorn = try await HypercornServer.shared()
        struct Fed: BodyReader {
            var pieces: [(after: Signal?, bytes: [UInt8]?)]
            mutating func next() async throws -> [UInt8]? {
                let piece = pieces.removeFirst()
                try await piece.after?.wait()
                return piece.bytes
            }
        }
        let (second, end) = (try Signal(), try Signal())
        let body = RequestBody.stream(
            BodyStream(replayable: false) { Fed(pieces: [(nil, bytes("one")), (second, bytes("two")), (end, nil)]) })
        let sending = Sending(hypercorn.url("/mirror"), .post, body: body).trusting(hypercorn.ca)
            .with { $0.delivery = .prompt }
        let response = try await transport.send(sending)
        var iterator = response.body.makeAsyncIterator()
        #expect(try await iterator.next() == bytes("one"))
        second.fire()
        #expect(try await iterator.next() == bytes("two"))
        end.fire()
        #expect(try await iterator.next() == nil)
    }

    @Test("rate caps slow a download down", .requires(.nginx))
    func rateCap() async throws {
        let nginx = try await NginxServer.shared()
        var options = ExchangeOptions()
        // libcurl lets the first megabyte or two pass on a fast link: the body is longer than that.
        options.rates.receive = 8_000_000
        let start = SystemClock().now
        let response = try await transport.send(Sending(nginx.url("/bytes/16777216")).with { $0.options = options })
        #expect(response.body.whole?.count == 16_777_216)
        #expect(start.duration(to: SystemClock().now) > .milliseconds(100))
    }
}
