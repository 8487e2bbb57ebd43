import HTTP3Engine
import HTTPTypes
import QUICEngine
import QUICLink
import TestAuthority
import Testing

@Suite("HTTP/3: exchanges")
struct ExchangeTests {
    @Test("a request is answered, and both sides know the handshake")
    func simple() throws {
        let link = try HTTP3Link()
        let answers = Answers()
        link.onServer = answers.take
        #expect(link.connect())
        let handshake = try #require(link.client.quic.handshake)
        #expect(handshake.alpn == "h3" && handshake.cipher == "TLS_AES_128_GCM_SHA256" && handshake.group == "x25519")
        #expect(handshake.certificates == [try Contexts.leaf.get().der] && !handshake.resumed)
        let stream = try link.client.request(get("/hello"))
        #expect(link.run { link.client.openStreams == 0 })
        let outcome = link.clientEvents.outcome(of: stream)
        #expect(outcome.status == 200 && outcome.body == Array("/hello 0".utf8) && outcome.ended)
        #expect(outcome.fields[.contentLength] == "8")
        #expect(outcome.closings == [HTTP3Closing(.complete, code: .noError, wasSent: true)])
        #expect(answers.requests.first?.authority == "tern.test" && answers.requests.first?.scheme == "https")
    }

    @Test("content goes up piece by piece as the queue has room, with trailers both ways")
    func upload() throws {
        let link = try HTTP3Link()
        var got: [UInt8] = []
        var trailers: HTTPFields?
        link.onServer = { event, server in
            switch event {
            case .data(let stream, let bytes, _):
                got += bytes
                server.consume(bytes.count, of: stream)
            case .trailers(let stream, let fields):
                trailers = fields
                try? server.respond(to: stream, status: 201, hasContent: true)
                try? server.end(stream, trailers: [.eTag: "7"])
            default: break
            }
        }
        #expect(link.connect())
        let stream = try link.client.request(
            HTTP3RequestHead(method: .post, authority: "tern.test"), hasContent: true)
        var sent = 0
        let piece = [UInt8](repeating: 0x61, count: 50_000)
        func feed() throws {
            while sent < 2_000_000 {
                sent += piece.count
                if try !link.client.send(piece, on: stream) { return }
            }
            if sent == 2_000_000 {
                sent += 1
                try link.client.end(stream, trailers: [.contentLanguage: "fr"])
            }
        }
        link.onClient = { event, _ in if case .writable(stream) = event { try? feed() } }
        try feed()
        #expect(sent < 2_000_000 && link.client.room(on: stream) == 0)
        #expect(link.run { link.client.openStreams == 0 })
        #expect(got.count == 2_000_000 && got.allSatisfy { $0 == 0x61 })
        #expect(trailers == [.contentLanguage: "fr"])
        let outcome = link.clientEvents.outcome(of: stream)
        #expect(outcome.status == 201 && outcome.trailers?.count == 1 && outcome.closing?.cause == .complete)
        #expect(link.client.queued(on: stream) == 0)
    }

    @Test("informational responses come before the final one")
    func informational() throws {
        let link = try HTTP3Link()
        link.onServer = { event, server in
            guard case .request(let stream, _, _) = event else { return }
            try? server.inform(on: stream, status: 103, fields: [.contentLanguage: "en"])
            try? server.inform(on: stream, status: 100)
            try? server.respond(to: stream, status: 204)
        }
        #expect(link.connect())
        let stream = try link.client.request(get())
        #expect(link.run { link.client.openStreams == 0 })
        let outcome = link.clientEvents.outcome(of: stream)
        #expect(outcome.informational == [103, 100] && outcome.status == 204 && outcome.ended)
        #expect(outcome.closing?.cause == .complete)
    }

    @Test("an early response stops the upload, and is no failure")
    func earlyResponse() throws {
        let link = try HTTP3Link()
        link.onServer = { event, server in
            guard case .request(let stream, _, _) = event else { return }
            try? server.respond(to: stream, status: 413)
            server.stopReading(stream, .noError)
        }
        #expect(link.connect())
        let stream = try link.client.request(HTTP3RequestHead(method: .post, authority: "tern.test"), hasContent: true)
        #expect(try !link.client.send([UInt8](repeating: 1, count: 3_000_000), on: stream))
        #expect(link.run { link.client.openStreams == 0 })
        let outcome = link.clientEvents.outcome(of: stream)
        #expect(outcome.status == 413 && outcome.wasStopped)
        #expect(outcome.closings.map(\.cause) == [.complete])
        #expect(try link.client.send([1], on: stream), "what comes after the end is dropped")
        #expect(link.network.sentUp.count < 1_500)
    }

    @Test("cancelling one stream resets it and spares its neighbours")
    func cancel() throws {
        let link = try HTTP3Link()
        let answers = Answers()
        var ended: [HTTP3Closing] = []
        link.onServer = { event, server in
            if case .closed(_, let closing) = event { ended.append(closing) }
            answers.take(event, server)
        }
        #expect(link.connect())
        let kept = try link.client.request(get("/bytes/300000"))
        let dropped = try link.client.request(get("/bytes/300000"))
        var hasReset = false
        link.onClient = { event, client in
            guard case .data(let stream, let bytes, _) = event else { return }
            client.consume(bytes.count, of: stream)
            if stream == dropped, !hasReset {
                hasReset = true
                client.reset(dropped)
                client.reset(dropped)
            }
        }
        #expect(link.run { link.client.openStreams == 0 })
        link.run(for: .seconds(2))
        let outcome = link.clientEvents.outcome(of: kept)
        #expect(outcome.body == (0..<300_000).map(Answers.byte) && outcome.closing?.cause == .complete)
        #expect(link.clientEvents.outcome(of: dropped).closings.map(\.cause) == [.localReset])
        #expect(ended.contains { $0.cause == .peerReset && $0.code == .requestCancelled })
        #expect(link.client.availableStreams == 100)
    }

    @Test("the peer's limit of streams holds, and more become available as streams end")
    func streamLimit() throws {
        let setup = LinkSetup.make { $0.listener.connection.peerStreams = 3 }
        let link = try HTTP3Link(setup)
        let answers = Answers()
        link.onServer = answers.take
        #expect(link.connect() && link.client.availableStreams == 3)
        for _ in 0..<3 { _ = try link.client.request(get()) }
        let error = #expect(throws: HTTP3Error.self) { try link.client.request(get()) }
        #expect(error?.code == .streamLimit)
        #expect(link.run { link.client.availableStreams == 3 })
        #expect(link.clientEvents.contains(.quic(.streamsAvailable(3))) || link.client.availableStreams == 3)
        for _ in 0..<3 { _ = try link.client.request(get()) }
        #expect(link.run { link.client.openStreams == 0 } && answers.requests.count == 6)
    }

    @Test("messages that may not be sent are refused before anything is sent")
    func refused() throws {
        let link = try HTTP3Link(
            LinkSetup.make { $0.serverHTTP.headBytes = 600 })
        let early = #expect(throws: HTTP3Error.self) { try link.client.request(get()) }
        #expect(early?.code == .notReady)
        #expect(link.connect())
        func code(_ head: HTTP3RequestHead) -> HTTP3Error.Code? {
            #expect(throws: HTTP3Error.self) { try link.client.request(head) }?.code
        }
        var connection = get()
        connection.fields[.connection] = "close"
        #expect(code(connection) == .invalidMessage)
        #expect(code(HTTP3RequestHead(authority: "tern.test", path: "")) == .invalidMessage)
        #expect(code(HTTP3RequestHead(authority: "", path: "/")) == .invalidMessage)
        #expect(code(HTTP3RequestHead(method: .connect, authority: "a:1", path: "/")) == .invalidMessage)
        #expect(code(HTTP3RequestHead(method: .connect, authority: "a", protocol: "websocket")) == .invalidMessage)
        var large = get()
        large.fields[.userAgent] = String(repeating: "x", count: 600)
        #expect(code(large) == .headTooLarge)
        #expect(link.client.openStreams == 0 && link.client.peerSettings.maxFieldSectionSize == 600)
    }

    @Test("extended CONNECT opens a stream both ways where the server takes it")
    func extendedConnect() throws {
        let link = try HTTP3Link(LinkSetup.make { $0.serverHTTP.enableConnectProtocol = true })
        var asked: HTTP3RequestHead?
        link.onServer = { event, server in
            switch event {
            case .request(let stream, let head, _):
                asked = head
                try? server.respond(to: stream, status: 200, hasContent: true)
            case .data(let stream, let bytes, let end): _ = try? server.send(bytes, on: stream, end: end)
            default: break
            }
        }
        #expect(link.connect() && link.client.peerSettings.enableConnectProtocol)
        let stream = try link.client.request(
            HTTP3RequestHead(method: .connect, authority: "tern.test", path: "/chat", protocol: "websocket"),
            hasContent: true)
        _ = try link.client.send(Array("ping".utf8), on: stream)
        #expect(link.run { link.clientEvents.outcome(of: stream).body.count == 4 })
        #expect(asked?.protocol == "websocket" && asked?.method == .connect)
        _ = try link.client.send([], on: stream, end: true)
        #expect(link.run { link.client.openStreams == 0 })
    }

    @Test("a priority is a field of the request, and the default says nothing")
    func priority() throws {
        let link = try HTTP3Link()
        let answers = Answers()
        link.onServer = answers.take
        #expect(link.connect())
        for priority in [HTTP3Priority(urgency: 1, isIncremental: true), HTTP3Priority(urgency: 9), HTTP3Priority()] {
            _ = try link.client.request(get(), priority: priority)
        }
        #expect(link.run { link.client.openStreams == 0 })
        let name = try #require(HTTPField.Name("priority"))
        #expect(answers.requests.map { $0.fields[name] } == ["u=1, i", "u=7", nil])
    }

    @Test(
        "under loss, doubling, disorder and damage each request is answered once, byte for byte",
        arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    func loss(seed: UInt64) throws {
        let setup = LinkSetup.make {
            $0.plan.seed = seed
            $0.plan.lost = 20
            $0.plan.doubled = 10
            $0.plan.late = 20
            $0.plan.corrupted = seed > 3 ? 5 : 0
            $0.options.handshakeTimeout = .seconds(60)
            $0.listener.connection.handshakeTimeout = .seconds(60)
        }
        let link = try HTTP3Link(setup)
        let answers = Answers()
        link.onServer = answers.take
        link.onClient = { event, client in
            if case .data(let stream, let bytes, _) = event { client.consume(bytes.count, of: stream) }
        }
        #expect(link.connect())
        var streams: [HTTP3Stream] = []
        for index in 0..<40 { streams.append(try link.client.request(get("/bytes/\(index * 500)"))) }
        #expect(link.run(for: .seconds(300)) { link.client.openStreams == 0 })
        for (index, stream) in streams.enumerated() {
            let outcome = link.clientEvents.outcome(of: stream)
            #expect(outcome.closings.map(\.cause) == [.complete])
            #expect(outcome.body == (0..<(index * 500)).map(Answers.byte))
        }
        #expect(answers.requests.count == 40)
    }
}
