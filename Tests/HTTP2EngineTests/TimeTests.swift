import HTTP2Engine
import HTTPTypes
import Testing
import Wire

@Suite("What is due, and when")
struct TimeTests {
    private func options(_ change: (inout HTTP2Options) -> Void) -> HTTP2Options {
        var options = HTTP2Options()
        change(&options)
        return options
    }

    @Test("SETTINGS that are not acknowledged in time end the connection")
    func settingsTimeout() throws {
        let start = Instant(nanoseconds: 0)
        let client = try HTTP2Connection(.client, at: start)
        let stream = try client.request(.get())
        #expect(client.deadline == start.advanced(by: .seconds(10)))
        client.expire(at: start.advanced(by: .milliseconds(9_999)))
        #expect(client.error == nil)
        client.expire(at: start.advanced(by: .seconds(10)))
        #expect(client.error?.code == .settingsTimeout)
        var events: [HTTP2Event] = []
        while let event = client.nextEvent() { events.append(event) }
        #expect(events.closing(of: stream)?.isUnprocessed == true, "it never went out")
    }

    @Test("a peer that falls silent is asked for a sign of life, and given up when none comes")
    func keepAlive() throws {
        let link = try Link(client: options { $0.keepAliveInterval = .seconds(5) })
        link.run()
        #expect(link.client.deadline == nil, "an idle connection is the pool's business")
        let stream = try link.client.request(.get())
        link.run()
        let due = try #require(link.client.deadline)
        #expect(due == link.now.advanced(by: .seconds(5)))
        link.now = due
        link.client.expire(at: due)
        link.run()
        #expect(link.client.error == nil)
        let again = try #require(link.client.deadline)
        #expect(again == due.advanced(by: .seconds(5)), "the answer was a sign of life")
        link.client.expire(at: again)
        let end = try #require(link.client.deadline)
        #expect(end == again.advanced(by: .seconds(10)))
        link.client.expire(at: end)
        #expect(link.client.error?.code == .pingTimeout)
        var events: [HTTP2Event] = []
        while let event = link.client.nextEvent() { events.append(event) }
        let closing = try #require(events.closing(of: stream))
        #expect(closing.cause == .connection && !closing.isUnprocessed)
    }

    @Test("a PING of the owner tells the round trip")
    func ping() throws {
        let link = try Link(delay: .milliseconds(15))
        link.run()
        let payload = link.client.ping(at: link.now)
        link.run()
        #expect(link.takeClient() == [.pingAcknowledged(payload, roundTrip: .milliseconds(30))])
        #expect(link.client.roundTrip == .milliseconds(30))
    }

    @Test("closing says goodbye, and ends the streams that are open")
    func close() throws {
        let link = try Link()
        let stream = try link.client.request(.get())
        link.run()
        link.client.close()
        link.run()
        #expect(link.takeServer().contains(.goAway(lastStream: 0, code: .noError, debug: [])))
        let events = link.takeClient()
        #expect(events.closing(of: stream)?.cause == .connection)
        #expect(events.failure?.code == .closing)
    }

    @Test("a server that goes away finishes what it took and refuses what is new")
    func serverGoesAway() throws {
        let link = try Link()
        let stream = try link.client.request(.get())
        link.run()
        let there = try #require(link.takeRequests().first)
        link.server.goAway()
        let late = try link.client.request(.get())
        link.run()
        try link.server.respond(on: there, status: 200)
        link.run()
        let events = link.takeClient()
        #expect(events.closing(of: stream)?.cause == .complete)
        #expect(events.closing(of: late)?.isUnprocessed == true)
        #expect(link.takeRequests().isEmpty)
        #expect(link.client.isOver && link.server.isOver)
    }
}
