import QUICEngine
import QUICLink
import Testing

@Suite("QUIC: tickets and tokens")
struct TicketStoreTests {
    private func ticket(_ byte: UInt8) -> QUICTicket { QUICTicket(session: [byte], parameters: [byte]) }

    @Test("a ticket is found once, by the route, host and context it came from")
    func once() throws {
        let store = QUICTicketStore()
        let context = try Contexts.client()
        let other = try Contexts.client()
        store.keep(ticket(1), for: "443", host: "a.test", context: context)
        #expect(store.takeTicket(for: "443", host: "b.test", context: context) == nil)
        #expect(store.takeTicket(for: "444", host: "a.test", context: context) == nil)
        #expect(store.takeTicket(for: "443", host: "a.test", context: other) == nil)
        #expect(store.takeTicket(for: "443", host: "a.test", context: context) == ticket(1))
        #expect(store.takeTicket(for: "443", host: "a.test", context: context) == nil)
    }

    @Test("the newest tickets of a route are kept, four of them, and the newest goes first")
    func newest() throws {
        let store = QUICTicketStore()
        let context = try Contexts.client()
        for byte in 1...6 { store.keep(ticket(UInt8(byte)), for: "", host: nil, context: context) }
        #expect(store.count == 4)
        let taken = (1...5).map { _ in store.takeTicket(for: "", host: nil, context: context)?.session.first }
        #expect(taken == [6, 5, 4, 3, nil])
    }

    @Test("beyond its capacity the route longest unused is forgotten")
    func capacity() throws {
        let store = QUICTicketStore(capacity: 2)
        let context = try Contexts.client()
        store.keep(ticket(1), for: "1", host: nil, context: context)
        store.keep(token: [7], for: "2", host: nil, context: context)
        #expect(store.takeToken(for: "2", host: nil, context: context) == [7])
        #expect(store.takeToken(for: "2", host: nil, context: context) == [])
        store.keep(ticket(3), for: "3", host: nil, context: context)
        #expect(store.takeTicket(for: "1", host: nil, context: context) == nil)
        #expect(store.takeTicket(for: "3", host: nil, context: context) == ticket(3))
    }
}
