import QUICTransport
import TestKit
import Testing
import TransportCore

@Suite("QUICTransport, early data", .requiresPeers)
struct EarlyDataTests {
    let transport = QUICTransport.forgetful

    private func notes(_ log: EventLog) -> [String] {
        log.all.compactMap { if case .note(let text) = $0.kind { text } else { nil } }
    }

    @Test("a safe request goes out before the handshake, if the caller wants it")
    func accepted() async throws {
        let server = try await onThread { try AioquicServer() }
        let call = Sending(server.url("/state")).trusting(server.ca).with { $0.connect.family = .ipv4 }
        #expect(try await transport.send(call.early).text().contains("\"early\": false"))
        let log = EventLog()
        var text = ""
        for _ in 0..<1_000 where !text.contains("\"early\": true") {
            let response = try await transport.send(call.early.exchange(onEvent: log.sink))
            text = try await response.text()
            if text.contains("\"early\": true") { #expect(response.connection.tls?.resumed == true) }
        }
        #expect(text.contains("\"early\": true"), "\(text)")
        #expect(notes(log).contains { $0.contains("early data") })
        // Off by default.
        let plain = try await transport.sendAnew(call)
        #expect(try await plain.text().contains("\"early\": false"))
        try await onThread { server.stop() }
    }

    @Test("what is not safe, or has content, waits for the handshake")
    func unsafeMethods() async throws {
        let server = try await onThread { try AioquicServer() }
        let call = Sending(server.url("/state"), .post, body: .bytes([1])).trusting(server.ca)
        _ = try await transport.send(call.early)
        for _ in 0..<3 {
            let response = try await transport.sendAnew(call.early)
            #expect(try await response.text().contains("\"early\": false"))
        }
        try await onThread { server.stop() }
    }

    @Test("data that the server does not take is sent again on the same connection")
    func rejected() async throws {
        let server = try await onThread { try AioquicServer(.rejecting) }
        let call = Sending(server.url("/state")).trusting(server.ca).with { $0.connect.family = .ipv4 }
        _ = try await transport.send(call)
        let log = EventLog()
        var response: TransportResponse?
        for _ in 0..<1_000 where notes(log).isEmpty {
            response = try await transport.send(call.early.exchange(onEvent: log.sink))
        }
        #expect(response?.status == .ok)
        #expect(try await response?.text().contains("\"early\": false") == true)
        #expect(notes(log).contains { $0.contains("sent again") }, "\(notes(log))")
        try await onThread { server.stop() }
    }
}
