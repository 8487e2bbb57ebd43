import QUICTransport
import TestKit
import Testing
import TransportCore

@Suite("QUICTransport, trust", .requiresPeers)
struct TrustTests {
    let transport = QUICTransport()

    private func server(_ identity: ThrowawayCA.Identity) async throws -> AioquicServer {
        try await onThread { try AioquicServer(identity: identity) }
    }

    @Test("a certificate that is not good is refused before anything is sent", arguments: [0, 1, 2, 3])
    func badCertificates(_ index: Int) async throws {
        let ca = try ThrowawayCA.shared()
        let server = try await server([ca.expired, ca.notYetValid, ca.selfSigned, ca.wrongHost][index])
        let call = Sending(server.url("/echo")).trusting(ca).with { $0.connect.family = .ipv4 }
        let error = try await transport.failure(of: call)
        #expect(error.code == .certificateInvalid, "\(error)")
        #expect(error.phase == .tls)
        #expect(error.retrySafety == .notSent)
        #expect(try await transport.send(call.with { $0.tls.verifiesPeer = false }).status == .ok)
        // The trusting route keeps refusing.
        #expect(try await transport.failure(of: call).code == .certificateInvalid)
        try await onThread { server.stop() }
    }

    @Test("trust from memory, from a folder, from nowhere")
    func trust() async throws {
        let call = try await Peer.caddy.call("/echo")
        let ca = try ThrowawayCA.shared()
        let pem = try contents(of: ca.certificate)
        #expect(try await transport.send(call.with { $0.tls.trust = .certificates(pem: pem) }).status == .ok)
        #expect(try await transport.send(call.with { $0.tls.trust = .directory(ca.folder) }).status == .ok)
        let missing = call.with { $0.tls.trust = .file("/nonexistent.pem") }
        #expect(try await transport.failure(of: missing).code == .certificateInvalid)
        let system = call.with { $0.tls.trust = .system }
        #expect(try await transport.failure(of: system).code == .certificateInvalid)
    }

    @Test("an address in the URL is verified too, and another name where one is given")
    func names() async throws {
        let call = try await Peer.aioquic.call("/echo")
        let port = try await Peer.aioquic.port
        let address = call.with { $0.url = "https://127.0.0.1:\(port)/echo" }
        #expect(try await transport.send(address).status == .ok)
        #expect(try await transport.send(call.with { $0.tls.serverName = "a.tern.test" }).status == .ok)
        let wrong = call.with { $0.tls.serverName = "other.example" }
        #expect(try await transport.failure(of: wrong).code == .certificateInvalid)
    }

    @Test("a pin that matches none of the server's keys refuses it")
    func pins() async throws {
        let call = try await Peer.aioquic.call("/echo").with {
            $0.tls.pins = [.publicKey(sha256: [UInt8](repeating: 1, count: 32))]
        }
        let error = try await transport.failure(of: call)
        #expect(error.code == .pinMismatch, "\(error)")
        #expect(error.retrySafety == .notSent)
    }

    @Test("the key log and qlog are written where they are asked for")
    func logs() async throws {
        let folder = try ScratchFolder("logs")
        var configuration = QUICTransport.Configuration()
        configuration.qlogDirectory = folder.path
        let transport = QUICTransport(configuration: configuration)
        let path = folder.path(of: "keys")
        let call = try await Peer.aioquic.call("/echo").with { $0.tls.keyLogFile = path }
        #expect(try await transport.send(call).status == .ok)
        await transport.shutdown(by: nil)
        let keys = try text(of: path)
        #expect(keys.contains("CLIENT_TRAFFIC_SECRET_0 "))
        #expect(keys.contains("SERVER_HANDSHAKE_TRAFFIC_SECRET "))
        // A thread of its own writes them.
        let waiting = "until grep -q packet_sent *.sqlog; do sleep 0.05; done; cat *.sqlog"
        let (exit, output) = try await onThread {
            try ChildProcess.run("/bin/sh", ["-c", waiting], folder: folder)
        }
        #expect(exit == .status(0))
        #expect(String(decoding: output, as: UTF8.self).contains("packet_sent"))
    }
}
