import HTTP3Engine
import HTTPTypes
import QUICEngine
import QUICLink
import Testing
import Wire

@Suite("HTTP/3: flow control")
struct FlowTests {
    @Test("a reader that stalls bounds its own stream, and holds up no other")
    func stall() throws {
        let setup = LinkSetup.make {
            $0.options.streamWindow = 64 << 10
            $0.options.streamWindowLimit = 64 << 10
            $0.options.connectionWindow = 128 << 10
            $0.options.connectionWindowLimit = 128 << 10
        }
        let link = try HTTP3Link(setup)
        let answers = Answers()
        link.onServer = answers.take
        #expect(link.connect())
        let stalled = try (0..<5).map { _ in try link.client.request(get("/bytes/400000")) }
        link.run(for: .seconds(3))
        for stream in stalled {
            let count = link.clientEvents.outcome(of: stream).body.count
            #expect(count > 60_000 && count <= 64 << 10)
        }
        let read = try link.client.request(get("/bytes/400000"))
        link.onClient = { event, client in
            if case .data(read, let bytes, _) = event { client.consume(bytes.count, of: read) }
        }
        #expect(link.run { link.clientEvents.outcome(of: read).ended })
        // What was held back goes on when it is read.
        link.onClient = { event, client in
            if case .data(let stream, let bytes, _) = event { client.consume(bytes.count, of: stream) }
        }
        for stream in stalled { link.client.consume(link.clientEvents.outcome(of: stream).body.count, of: stream) }
        #expect(link.run { link.client.openStreams == 0 })
        for stream in stalled { #expect(link.clientEvents.outcome(of: stream).body.count == 400_000) }
    }

    @Test("an end that pacing holds back is sent, whatever was acknowledged meanwhile")
    func heldBackEnd() throws {
        let link = try HTTP3Link(LinkSetup.make { $0.plan.delay = .milliseconds(5) })
        let answers = Answers()
        link.onServer = answers.take
        #expect(link.connect())
        // Acknowledgements come sooner than pacing, which counts with the way as it was, lets more out.
        link.network.plan.delay = .microseconds(50)
        let part = [UInt8](repeating: 7, count: 4_046)
        for _ in 0..<4 {
            let stream = try link.client.request(get("/upload"), hasContent: true)
            _ = try link.client.send(part, on: stream)
            link.run(for: .microseconds(10))
            try link.client.end(stream)
            #expect(link.run(for: .seconds(2)) { link.clientEvents.outcome(of: stream).ended })
        }
    }

    @Test("windows grow for a reader that keeps up over a long path")
    func growth() throws {
        func seconds(_ limit: UInt64) throws -> Duration {
            let setup = LinkSetup.make {
                $0.plan.delay = .milliseconds(20)
                $0.options.streamWindowLimit = limit
                $0.options.connectionWindowLimit = 2 * limit
                $0.options.connectionWindow = 2 * 256 << 10
            }
            let link = try HTTP3Link(setup)
            let answers = Answers()
            link.onServer = answers.take
            link.onClient = { event, client in
                if case .data(let stream, let bytes, _) = event { client.consume(bytes.count, of: stream) }
            }
            #expect(link.connect())
            let began = link.now
            let stream = try link.client.request(get("/bytes/6000000"))
            #expect(link.run { link.client.openStreams == 0 })
            #expect(link.clientEvents.outcome(of: stream).body.count == 6_000_000)
            return began.duration(to: link.now)
        }
        let growing = try seconds(8 << 20)
        let fixed = try seconds(256 << 10)
        #expect(growing * 2 < fixed, "\(growing) with growing windows, \(fixed) without")
    }

    @Test("a peer that sends beyond a window is told so")
    func violation() throws {
        // A window that the server believes to be larger than it is cannot be had from an honest engine; what an
        // honest one does with a closed window is to wait.
        let link = try HTTP3Link(LinkSetup.make { $0.listener.connection.streamWindow = 10_000 })
        var got = 0
        link.onServer = { event, _ in if case .data(_, let bytes, _) = event { got += bytes.count } }
        #expect(link.connect())
        let stream = try link.client.request(HTTP3RequestHead(method: .post, authority: "tern.test"), hasContent: true)
        try link.client.send([UInt8](repeating: 1, count: 100_000), on: stream)
        link.run(for: .seconds(2))
        #expect(got > 9_000 && got <= 10_000 && link.client.quic.closing == nil)
    }
}
