import NativeH2Transport
import TestKit
import Testing
import TransportCore

/// A way to a server, and the version that must come of it.
struct Way: Sendable, CustomTestStringConvertible {
    var door: NginxServer.Door
    var protocols: ProtocolSet
    var version: HTTPVersion
    var testDescription: String { "\(door) over \(protocols)" }

    static let all = [
        Way(door: .tls, protocols: .automatic, version: .http2), Way(door: .tls, protocols: .http2, version: .http2),
        Way(door: .tls, protocols: .http1, version: .http11),
        Way(door: .tlsHTTP1, protocols: .automatic, version: .http11),
        Way(door: .clear, protocols: .automatic, version: .http11),
        Way(door: .h2c, protocols: .http2PriorKnowledge, version: .http2),
    ]
}

@Suite("NativeH2Transport, protocols")
struct ProtocolTests {
    let transport = NativeH2Transport()

    @Test("a GET brings status, fields and body, over every protocol", .requires(.nginx), arguments: Way.all)
    func get(_ way: Way) async throws {
        let nginx = try await NginxServer.shared()
        let response = try await transport.send(
            Sending(nginx.url("/1k", way.door)).trusting(nginx.ca).over(way.protocols))
        #expect(response.status == .ok)
        #expect(response.version == way.version)
        #expect(response.fields[try #require(HTTPField.Name("X-Served-By"))] == "nginx")
        #expect(response.body.whole == NginxServer.pattern(1024))
        #expect((response.connection.tls != nil) == way.door.isSecure)
    }

    @Test("a POST arrives, over every protocol", .requires(.nginx), arguments: Way.all, [0, 5, 100_000, 1_000_000])
    func post(_ way: Way, size: Int) async throws {
        let nginx = try await NginxServer.shared()
        let name = "\(way.door)-\(way.protocols.rawValue)-\(size)"
        let call = Sending(nginx.url("/upload/\(name)", way.door), .put, body: .bytes(NginxServer.pattern(size)))
        let response = try await transport.send(call.trusting(nginx.ca).over(way.protocols))
        #expect(response.status.code == 201 || response.status.code == 204)
        #expect(nginx.uploaded(name) == NginxServer.pattern(size))
    }

    @Test(
        "a streamed body arrives, with its length and without, over every protocol", .requires(.nginx),
        arguments: Way.all, [true, false])
    func upload(_ way: Way, declared: Bool) async throws {
        let nginx = try await NginxServer.shared()
        let name = "streamed-\(way.door)-\(way.protocols.rawValue)-\(declared)"
        let body = RequestBody.chunks(
            [bytes("one "), [], bytes("two "), NginxServer.pattern(70_000)], length: declared ? 70_008 : nil)
        let call = Sending(nginx.url("/upload/\(name)", way.door), .put, body: body)
        let response = try await transport.send(call.trusting(nginx.ca).over(way.protocols))
        #expect(response.status.code == 201 || response.status.code == 204)
        #expect(nginx.uploaded(name) == bytes("one two ") + NginxServer.pattern(70_000))
    }

    @Test("a large body streams in, whole and in order, over every protocol", .requires(.nginx), arguments: Way.all)
    func download(_ way: Way) async throws {
        let nginx = try await NginxServer.shared()
        let call = Sending(nginx.url("/bytes/16777216", way.door)).trusting(nginx.ca).over(way.protocols).prompt
        let response = try await transport.send(call)
        #expect(response.body.whole == nil)
        #expect(try await response.body.collect(upTo: 1 << 25) == NginxServer.pattern(16_777_216))
    }

    @Test(
        "a buffered body beyond its cap is handed over live, over every protocol", .requires(.nginx), arguments: Way.all
    )
    func beyondTheCap(_ way: Way) async throws {
        let nginx = try await NginxServer.shared()
        let call = Sending(nginx.url("/bytes/1048576", way.door)).trusting(nginx.ca).over(way.protocols)
        let response = try await transport.send(call.with { $0.delivery = .whole(upTo: 300_000) })
        #expect(response.body.whole == nil)
        #expect(try await response.body.collect(upTo: 1 << 21) == NginxServer.pattern(1_048_576))
    }

    @Test("the second exchange uses the first one's connection", .requires(.nginx), arguments: Way.all)
    func reuse(_ way: Way) async throws {
        let nginx = try await NginxServer.shared()
        let exchange = try Sending(nginx.url("/1k", way.door)).trusting(nginx.ca).over(way.protocols).exchange()
        let first = try await transport.send(exchange)
        let second = try await transport.send(exchange)
        #expect(!first.reused)
        #expect(second.reused)
        #expect(first.connection.id == second.connection.id)
    }

    @Test("a thousand exchanges at once are all answered, over every protocol", .requires(.nginx), arguments: Way.all)
    func many(_ way: Way) async throws {
        let nginx = try await NginxServer.shared()
        let exchange = try Sending(nginx.url("/1k", way.door)).trusting(nginx.ca).over(way.protocols).exchange()
        let good = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<1_000 {
                group.addTask { try await transport.send(exchange).body.whole == NginxServer.pattern(1024) }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(good == 1_000)
    }

    @Test("what TLS settled is told", .requires(.nginx))
    func connectionInfo() async throws {
        let nginx = try await NginxServer.shared()
        let response = try await transport.send(Sending(nginx.url("/1k", .tls)).trusting(nginx.ca))
        let tls = try #require(response.connection.tls)
        #expect(tls.alpn == "h2")
        #expect(tls.version == .tls13)
        #expect(tls.cipher?.hasPrefix("TLS_") == true)
        #expect(tls.group?.isEmpty == false)
        #expect(tls.resumed == false)
        #expect(!tls.certificates.isEmpty)
        #expect(response.connection.remote?.description.hasSuffix(":\(nginx.port(.tls))") == true)
        #expect(response.connection.local != nil)
    }

    @Test("a new connection to the same server resumes the TLS session, unless that is off", .requires(.nginx))
    func resumption() async throws {
        let nginx = try await NginxServer.shared()
        let call = Sending(nginx.url("/close", .tlsHTTP1)).trusting(nginx.ca)
        #expect(try await transport.send(call).connection.tls?.resumed == false)
        #expect(try await transport.send(call).connection.tls?.resumed == true)
        let never = call.with { $0.tls.resumesSessions = false }
        #expect(try await transport.send(never).connection.tls?.resumed == false)
        #expect(try await transport.send(never).connection.tls?.resumed == false)
    }

    @Test(
        "a server that chooses HTTP/1.1 where only HTTP/2 is allowed is refused before anything is sent",
        .requires(.nginx))
    func protocolRefused() async throws {
        let nginx = try await NginxServer.shared()
        let call = Sending(nginx.url("/1k", .tlsHTTP1)).trusting(nginx.ca).over(.http2)
        let error = try await transport.failure(of: call)
        #expect(error.code == .protocolRefused)
        #expect(error.phase == .tls)
        #expect(error.retrySafety == .notSent)
    }

    @Test("what is not there is refused before anything is sent")
    func unsupported() async throws {
        let server = try RawServer(.readToEnd)
        for call in [
            Sending(server.url("/")).over(.http3), Sending(server.url("/")).over(.http2),
            Sending(server.url("/"), .connect),
        ] {
            let error = try await transport.failure(of: call)
            #expect(error.code == .unsupported)
            #expect(error.retrySafety == .notSent)
        }
        #expect(server.connectionCount == 0)
    }

    @Test("the events come in order, and those of a connection that stood already are left out", .requires(.nginx))
    func events() async throws {
        let nginx = try await NginxServer.shared()
        let call = Sending(nginx.url("/1k", .tls)).trusting(nginx.ca)
        let events = EventLog()
        let exchange = try call.exchange(onEvent: events.sink)
        _ = try await transport.send(exchange)
        let after = ["queued", "resolved", "connected", "TLS done", "ready", "request sent"]
        #expect(events.phases == after + ["head", "download progress", "done"])
        #expect(zip(events.all, events.all.dropFirst()).allSatisfy { $0.at <= $1.at })
        let again = EventLog()
        _ = try await transport.send(try call.exchange(onEvent: again.sink))
        #expect(again.phases == ["queued", "ready", "request sent", "head", "download progress", "done"])
    }

    @Test("trailers come back over HTTP/2", .requires(.nghttpd))
    func trailers() async throws {
        let nghttpd = try await NghttpdServer.shared()
        let name = try #require(HTTPField.Name("x-trailer"))
        let whole = try await transport.send(Sending(nghttpd.url("/1k")).trusting(nghttpd.ca))
        #expect(whole.body.trailers[name] == "nghttpd")
        let live = try await transport.send(Sending(nghttpd.url("/1k")).trusting(nghttpd.ca).prompt)
        _ = try await live.text()
        #expect(live.body.trailers[name] == "nghttpd")
    }

    @Test("1xx responses are told, and are not the final one", .requires(.hypercorn))
    func earlyHints() async throws {
        let hypercorn = try await HypercornServer.shared()
        let events = EventLog()
        let call = Sending(hypercorn.url("/early-hints")).trusting(hypercorn.ca)
        let response = try await transport.send(call.exchange(onEvent: events.sink))
        #expect(response.status == .ok)
        #expect(try await response.text() == "hinted")
        #expect(events.phases.contains("informational"))
    }

    @Test("bodies flow both ways at once", .requires(.hypercorn), arguments: [ProtocolSet.http2, .http1])
    func duplex(_ protocols: ProtocolSet) async throws {
        let hypercorn = try await HypercornServer.shared()
        let (stream, feed) = AsyncStream.makeStream(of: [UInt8].self)
        let body = RequestBody.stream(BodyStream(replayable: false) { Fed(stream) })
        feed.yield(bytes("one"))
        let call = Sending(hypercorn.url("/mirror"), .post, body: body).trusting(hypercorn.ca).over(protocols).prompt
        let response = try await transport.send(call)
        var iterator = response.body.makeAsyncIterator()
        #expect(try await iterator.next() == bytes("one"))
        feed.yield(bytes("two"))
        #expect(try await iterator.next() == bytes("two"))
        feed.finish()
        #expect(try await iterator.next() == nil)
    }

    /// A body that a test feeds.
    struct Fed: BodyReader {
        private let stream: AsyncStream<[UInt8]>
        init(_ stream: AsyncStream<[UInt8]>) { self.stream = stream }
        mutating func next() async throws -> [UInt8]? {
            for await chunk in stream { return chunk }
            return nil
        }
    }
}
