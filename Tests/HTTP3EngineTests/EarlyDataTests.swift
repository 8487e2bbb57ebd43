import HTTP3Engine
import HTTPTypes
import QUICEngine
import QUICLink
import TestAuthority
import Testing
import Wire

@Suite("HTTP/3: resumption and early data")
struct EarlyDataTests {
    /// A link, a first connection over it, and the ticket that it brought.
    private func first(_ setup: LinkSetup) throws -> (link: HTTP3Link, ticket: QUICTicket, answers: Answers) {
        let link = try HTTP3Link(setup)
        let answers = Answers()
        link.onServer = answers.take
        #expect(link.run { !link.clientEvents.tickets.isEmpty && link.client.quic.isConfirmed })
        return (link, try #require(link.clientEvents.tickets.first), answers)
    }

    private func setup(_ change: (inout LinkSetup) -> Void = { _ in }) throws -> LinkSetup {
        var setup = LinkSetup()
        setup.clientContext = try Contexts.client()
        setup.listener.takesEarlyData = true
        change(&setup)
        return setup
    }

    @Test("a ticket resumes the session, and the server's certificates are known still")
    func resumption() throws {
        var setup = try setup()
        let (link, ticket, _) = try first(setup)
        setup.ticket = ticket
        link.replace(try HTTP3Link.client(setup, at: link.now))
        #expect(!link.client.quic.sendsEarlyData)
        #expect(link.connect())
        let handshake = try #require(link.client.quic.handshake)
        #expect(handshake.resumed && handshake.earlyDataAccepted == nil)
        #expect(handshake.certificates == [try Contexts.leaf.get().der])
    }

    @Test("early data is answered within one round trip")
    func accepted() throws {
        var setup = try setup()
        let (link, ticket, answers) = try first(setup)
        setup.ticket = ticket
        setup.earlyData = true
        link.replace(try HTTP3Link.client(setup, at: link.now))
        #expect(link.client.quic.sendsEarlyData && link.client.availableStreams == 100)
        let began = link.now
        let stream = try link.client.request(get("/early"))
        #expect(link.run { link.clientEvents.outcome(of: stream).status != nil })
        #expect(began.duration(to: link.now) == .milliseconds(10))
        #expect(link.run { link.client.openStreams == 0 })
        #expect(link.client.quic.handshake?.earlyDataAccepted == true)
        #expect(answers.requests.map(\.path) == ["/early"])
    }

    @Test("early data that is not taken may be sent again on the same connection")
    func rejected() throws {
        var setup = try setup()
        setup.serverContext = try Contexts.server()
        let (_, ticket, _) = try first(setup)
        setup.ticket = ticket
        setup.earlyData = true
        // The same keys, but no early data any more.
        setup.listener.takesEarlyData = false
        let link = try HTTP3Link(setup)
        let answers = Answers()
        link.onServer = answers.take
        let sent = [try link.client.request(get("/a")), try link.client.request(get("/b"))]
        var again: [HTTP3Stream] = []
        link.onClient = { event, client in
            guard case .closed(_, let closing) = event, closing.cause == .earlyDataRejected else { return }
            #expect(closing.isUnprocessed)
            if let stream = try? client.request(get("/again")) { again.append(stream) }
        }
        #expect(link.run { again.count == 2 && link.client.openStreams == 0 })
        #expect(link.client.quic.handshake?.earlyDataAccepted == false)
        #expect(link.client.quic.handshake?.resumed == true)
        let rejection = link.clientEvents.firstIndex(of: .quic(.earlyDataRejected))
        let handshake = link.clientEvents.firstIndex { if case .quic(.handshakeDone) = $0 { true } else { false } }
        #expect(try #require(handshake) < #require(rejection))
        for stream in sent {
            #expect(link.clientEvents.outcome(of: stream).closings.first?.cause == .earlyDataRejected)
        }
        #expect(answers.requests.map(\.path) == ["/again", "/again"])
        for stream in again { #expect(link.clientEvents.outcome(of: stream).status == 200) }
    }

    @Test("a server that takes no early data, or does not know the ticket, gets the requests after the handshake")
    func refused() throws {
        var setup = try setup()
        let (_, ticket, _) = try first(setup)
        setup.ticket = ticket
        setup.earlyData = true
        // Another listener with keys of its own.
        setup.serverContext = try Contexts.server()
        let link = try HTTP3Link(setup)
        let answers = Answers()
        link.onServer = answers.take
        let stream = try link.client.request(get("/early"))
        #expect(link.run { link.clientEvents.outcome(of: stream).closing != nil && link.client.quic.handshake != nil })
        #expect(link.clientEvents.outcome(of: stream).closing?.cause == .earlyDataRejected)
        #expect(link.client.quic.handshake?.resumed == false)
        let again = try link.client.request(get("/again"))
        #expect(link.run { link.client.openStreams == 0 })
        #expect(link.clientEvents.outcome(of: again).status == 200 && answers.requests.map(\.path) == ["/again"])
    }

    @Test("a ticket that is damaged costs a full handshake and no more")
    func damaged() throws {
        var setup = try setup()
        let (link, ticket, _) = try first(setup)
        for index in stride(from: 0, to: ticket.session.count, by: 37) {
            var wrong = ticket
            wrong.session[index] ^= 0x55
            if index % 2 == 0 { wrong.parameters = Array(wrong.parameters.prefix(index % 90)) }
            setup.ticket = wrong
            setup.earlyData = true
            link.replace(try HTTP3Link.client(setup, at: link.now))
            #expect(link.run { link.client.quic.handshake != nil || link.client.quic.closing != nil })
        }
        setup.ticket = QUICTicket(session: [1, 2, 3], parameters: [0xFF, 0xFF])
        link.replace(try HTTP3Link.client(setup, at: link.now))
        #expect(link.connect() && link.client.quic.handshake?.resumed == false)
    }
}
