import HTTP3Engine
import HTTPTypes
import QUICEngine
import QUICLink
import TestAuthority
import Testing

@Suite("HTTP/3: exchanges")
struct ExchangeTests {
    @Test("a request is answered, and both sides know the handshake")
    func get() throws {
        let link = try HTTP3Link()
        link.onServer = { event, server in
            guard case .request(let stream, let head, let end) = event else { return }
            #expect(head.method == .get && head.path == "/hello" && head.authority == "tern.test" && end)
            try? server.respond(
                to: stream, status: 200, fields: [.contentType: "text/plain"], contentLength: 5, hasContent: true)
            _ = try? server.send(Array("hello".utf8), on: stream, end: true)
        }
        #expect(link.connect())
        let handshake = try #require(link.client.quic.handshake)
        #expect(handshake.alpn == "h3" && handshake.cipher == "TLS_AES_128_GCM_SHA256" && handshake.group == "x25519")
        #expect(handshake.certificates == [try Contexts.leaf.get().der])
        let stream = try link.client.request(HTTP3RequestHead(authority: "tern.test", path: "/hello"))
        #expect(link.run { link.client.openStreams == 0 })
        var status = 0
        var body: [UInt8] = []
        var closing: HTTP3Closing?
        for event in link.clientEvents {
            switch event {
            case .response(stream, let code, let fields, _):
                status = code
                #expect(fields[.contentLength] == "5")
            case .data(stream, let bytes, _): body += bytes
            case .closed(stream, let how): closing = how
            default: break
            }
        }
        #expect(status == 200 && body == Array("hello".utf8))
        #expect(closing == HTTP3Closing(.complete, code: .noError, wasSent: true))
    }
}
