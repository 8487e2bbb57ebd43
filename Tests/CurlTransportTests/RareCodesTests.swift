import CurlTransport
import TestKit
import Testing
import TransportCore

/// Codes of libcurl that come only when the peer does something at one certain moment.
@Suite("CurlTransport, rare codes of libcurl")
struct RareCodesTests {
    let transport = CurlTransport()

    /// libcurl reads before it writes, and the reset would be its CURLE_RECV_ERROR: so the download is held back.
    @Test("a connection reset while only the request is moving is CURLE_SEND_ERROR")
    func sendError() async throws {
        struct Gated: BodyReader {
            let gate: Signal
            var chunks = 0
            mutating func next() async throws -> [UInt8]? {
                chunks += 1
                if chunks == 2 { try await gate.wait() }
                return chunks < 1_000 ? [UInt8](repeating: 0x61, count: 65_536) : nil
            }
        }
        let (held, ended) = (try Signal(), try Signal())
        let server = try RawServer(
            .readHead, .send("HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n"),
            .sendBytes([UInt8](repeating: 0x62, count: 1_000_000)), .wait(until: held), .reset)
        var options = ExchangeOptions()
        options.limits.unreadBody = 16_384
        let body = RequestBody.stream(
            BodyStream(length: nil, replayable: false, hasTrailers: false) { Gated(gate: ended) })
        let sending = Sending(server.url("/"), .post, body: body).with {
            $0.delivery = .prompt
            $0.options = options
        }
        let events = EventLog()
        let response = try await transport.send(sending.exchange(onEvent: events.sink))
        #expect(response.status == 200)
        while !events.all.contains(where: { event in
            if case .downloadProgress(let received, _) = event.kind { received >= 16_384 } else { false }
        }) { await Task.yield() }
        held.fire()
        try await server.waitForEnd()
        ended.fire()
        let error = await #expect(throws: TransportError.self) { _ = try await response.body.collect(upTo: .max) }
        #expect(error?.libraryCode == "CURLE_SEND_ERROR (55)", "\(String(describing: error))")
        #expect(error?.code == .connectionReset)
        #expect(error?.retrySafety == .processed)
    }

    /// OpenSSL learns of a missing certificate within the handshake only from a server that says so at once; one
    /// that follows RFC 8446 §4.4.2 says it when the client believes the handshake done.
    @Test("the alert certificate_required within the handshake is CURLE_SSL_CLIENTCERT")
    func clientCertificate() async throws {
        let alert: [UInt8] = [21, 3, 3, 0, 2, 2, 116]
        let server = try RawServer(.readBody(5), .sendBytes(alert), .readToEnd)
        let error = try await transport.failure(of: Sending("https://127.0.0.1:\(server.port)/"))
        #expect(error.libraryCode == "CURLE_SSL_CLIENTCERT (98)", "\(error)")
        #expect(error.code == .clientCertificateInvalid)
        #expect(error.phase == .tls)
        #expect(error.retrySafety == .notSent)
    }
}
