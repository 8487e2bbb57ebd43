import HTTP2Engine
import HTTPTypes
import Testing
import Wire

@Suite("Flow control")
struct WindowTests {
    /// Opens `count` streams on which the server sends without end, and lets the link run for `rounds` round trips.
    private func flood(_ link: Link, streams count: Int, rounds: Int, bytesPerRound: Int) throws -> [HTTP2Stream] {
        let streams = try (0..<count).map { _ in try link.client.request(.get()) }
        link.run(rounds: 3)
        let there = link.takeRequests()
        for stream in there { try link.server.respond(on: stream, status: 200, hasContent: true) }
        let piece = [UInt8](repeating: 1, count: 65_536)
        for _ in 0..<rounds {
            for stream in there where link.server.queued(on: stream) < bytesPerRound {
                for _ in 0..<(bytesPerRound / piece.count) { try link.server.send(piece, on: stream) }
            }
            link.step()
        }
        return streams
    }

    @Test("a hundred stalled readers are sent a hundred windows and no more, and another stream still flows")
    func stalledReaders() throws {
        let link = try Link(delay: .milliseconds(10))
        link.consumes = false
        _ = try flood(link, streams: 99, rounds: 200, bytesPerRound: 1 << 20)
        let received = link.takeClient().content.count
        #expect(received == 99 * 256 * 1_024)
        let last = try link.client.request(.get())
        link.run(rounds: 3)
        let there = try #require(link.takeRequests().first)
        try link.server.respond(on: there, status: 200, hasContent: true)
        try link.server.send([UInt8](repeating: 2, count: 200_000), on: there, end: true)
        for _ in 0..<50 { link.step() }
        let events = link.takeClient()
        #expect(events.content.count == 200_000)
        #expect(events.closing(of: last)?.cause == .complete)
    }

    @Test("the window of one stream grows until the path, not the window, is what limits it")
    func growth() throws {
        // 20 ms each way, and a server that always has 64 MiB to send.
        let link = try Link(delay: .milliseconds(20))
        _ = try flood(link, streams: 1, rounds: 30, bytesPerRound: 64 << 20)
        let early = link.takeClient().content.count
        for _ in 0..<10 { link.step() }
        let later = link.takeClient().content.count
        #expect(early > 1 << 20)
        // Ten rounds, each with a whole window of 8 MiB.
        #expect(later > 9 * (8 << 20), "\(later)")
        #expect(link.client.roundTrip == .milliseconds(40))
    }

    @Test("a window does not grow while the reader, not the window, is what limits the rate")
    func noGrowth() throws {
        let link = try Link(delay: .milliseconds(1))
        link.consumes = false
        let streams = try flood(link, streams: 1, rounds: 5, bytesPerRound: 1 << 20)
        #expect(link.takeClient().content.count == 256 << 10)
        // The reader takes 64 KiB every 100 ms: fifty round trips.
        for _ in 0..<40 {
            link.now = link.now.advanced(by: .milliseconds(100))
            link.client.consume(64 << 10, of: streams[0], at: link.now)
            link.step()
            link.step()
        }
        #expect(link.takeClient().content.count <= 41 * (64 << 10))
        for _ in 0..<20 { link.step() }
        link.client.consume(256 << 10, of: streams[0], at: link.now.advanced(by: .seconds(1)))
        for _ in 0..<5 { link.step() }
        #expect(link.takeClient().content.count <= 256 << 10, "the window is what it was")
    }

    @Test("an upload waits for the peer's window, and the queue tells when there is room")
    func upload() throws {
        var options = HTTP2Options()
        options.streamWindow = 100_000
        let link = try Link(server: options)
        link.consumes = false
        link.run()
        let stream = try link.client.request(.post(), hasContent: true)
        let piece = [UInt8](repeating: 3, count: 64 << 10)
        #expect(try link.client.send(piece, on: stream))
        #expect(try link.client.send(piece, on: stream) == false)
        #expect(try link.client.send(piece, on: stream, end: true) == false)
        link.run()
        #expect(link.takeServer().content.count == 100_000)
        #expect(link.client.queued(on: stream) == 3 * piece.count - 100_000)
        #expect(!link.takeClient().contains(.writable(stream)))
        link.server.consume(100_000, of: HTTP2Stream(id: 1, slot: 0), at: link.now)
        link.run()
        #expect(link.takeClient().contains(.writable(stream)))
        let events = link.takeServer()
        #expect(events.content.count == 3 * piece.count - 100_000)
        guard case .data(_, _, end: true)? = events.last else {
            Issue.record("the upload did not end")
            return
        }
    }

    @Test("content of streams that were reset does not use up the connection's window")
    func abandonedContent() throws {
        let link = try Link(delay: .milliseconds(5))
        link.run()
        for _ in 0..<40 {
            link.consumes = false
            let stream = try link.client.request(.get())
            link.run(rounds: 2)
            let there = try #require(link.takeRequests().first)
            try link.server.respond(on: there, status: 200, hasContent: true)
            try link.server.send([UInt8](repeating: 1, count: 200_000), on: there, end: true)
            link.step()
            link.client.reset(stream)
            link.run()
        }
        let stream = try link.client.request(.get())
        link.run()
        let there = try #require(link.takeRequests().first)
        try link.server.respond(on: there, status: 200, hasContent: true)
        try link.server.send([UInt8](repeating: 1, count: 200_000), on: there, end: true)
        link.run()
        #expect(link.takeClient().closing(of: stream)?.cause == .complete)
    }
}
