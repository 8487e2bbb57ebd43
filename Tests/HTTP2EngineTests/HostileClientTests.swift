import HTTP2Engine
import HTTPTypes
import Testing
import Wire

@Suite("What a hostile client can do to our server role")
struct HostileClientTests {
    private func server(_ options: HTTP2Options = HTTP2Options()) throws -> HTTP2Connection {
        try HTTP2Connection(.server, options: options, at: Instant(nanoseconds: 0))
    }

    private func feed(_ server: HTTP2Connection, _ bytes: [UInt8]) -> [HTTP2Event] {
        server.receive(bytes.span, at: Instant(nanoseconds: 0))
        var output: [UInt8] = []
        while server.nextOutput(into: &output, limit: output.count + 65_536) {}
        var events: [HTTP2Event] = []
        while let event = server.nextEvent() { events.append(event) }
        return events
    }

    static let get = [(":method", "GET"), (":scheme", "https"), (":authority", "a"), (":path", "/")]

    @Test(
        "a wrong preface ends the connection",
        arguments: ["GET / HTTP/1.1\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n"])
    func preface(text: String) throws {
        #expect(feed(try server(), Array(text.utf8)).failure?.code == .protocolViolation)
    }

    @Test(
        "a malformed request never becomes one, and the next request is served",
        arguments: [
            [(":method", "GET"), (":scheme", "https"), (":authority", "a")],
            [(":method", "GET"), (":method", "GET"), (":scheme", "https"), (":path", "/")],
            [(":method", "GET"), (":scheme", "https"), (":path", "/"), (":status", "200")],
            get + [("connection", "close")], get + [("Upper", "a")], get + [(":late", "a")],
            [(":method", "GET"), (":scheme", "https"), (":authority", "a"), (":path", "")],
        ])
    func malformed(fields: [(String, String)]) throws {
        let server = try server()
        let events = feed(server, Frame.preface + Frame.settings() + Frame.headers(fields, stream: 1, end: true))
        #expect(events.filter { if case .request = $0 { true } else { false } }.isEmpty)
        #expect(events.compactMap(\.closing).map(\.cause) == [.malformed])
        let next = feed(server, Frame.headers(Self.get, stream: 3, end: true))
        #expect(next.contains { if case .request = $0 { true } else { false } })
    }

    @Test("streams beyond the limit are refused")
    func streamLimit() throws {
        var options = HTTP2Options()
        options.maxConcurrentStreams = 2
        let server = try server(options)
        _ = feed(server, Frame.preface + Frame.settings() + Frame.make(.settings, flags: Frame.acknowledgement))
        var requests = 0
        for id in 0..<5 {
            let events = feed(server, Frame.headers(Self.get, stream: UInt32(id * 2 + 1), end: true))
            requests += events.filter { if case .request = $0 { true } else { false } }.count
        }
        #expect(requests == 2)
    }

    @Test("requests that are reset at once, again and again, end the connection (CVE-2023-44487)")
    func rapidReset() throws {
        let server = try server()
        _ = feed(server, Frame.preface + Frame.settings())
        var id: UInt32 = 1
        while server.error == nil, id < 10_000 {
            _ = feed(
                server,
                Frame.headers(Self.get, stream: id, end: true) + Frame.make(.resetStream, stream: id, Frame.word(8)))
            id += 2
        }
        #expect(server.error != nil)
        #expect(id < 5_000)
    }
}
