import NativeH2Transport
import TestKit
import Testing
import TransportCore

@Suite("NativeH2Transport, trust and identity")
struct TLSTests {
    let transport = NativeH2Transport()

    @Test(
        "a certificate that is not good is refused before anything is sent", .requires(.nginx),
        arguments: [NginxServer.Door.expired, .selfSigned, .wrongHost])
    func badCertificates(_ door: NginxServer.Door) async throws {
        let nginx = try await NginxServer.shared()
        let call = Sending(nginx.url("/1k", door)).trusting(nginx.ca)
        let error = try await transport.failure(of: call)
        #expect(error.code == .certificateInvalid, "\(error)")
        #expect(error.phase == .tls)
        #expect(error.retrySafety == .notSent)
        // The same transport and server, with another trust: another route.
        #expect(try await transport.send(call.with { $0.tls.verifiesPeer = false }).status == .ok)
    }

    @Test("without trust in its root a server is refused", .requires(.nginx))
    func untrusted() async throws {
        let nginx = try await NginxServer.shared()
        let error = try await transport.failure(of: Sending(nginx.url("/1k", .tls)))
        #expect(error.code == .certificateInvalid)
    }

    @Test("trust from memory and from a folder", .requires(.nginx))
    func otherTrust() async throws {
        let nginx = try await NginxServer.shared()
        let pem = try contents(of: nginx.ca.certificate)
        let call = Sending(nginx.url("/1k", .tls))
        #expect(try await transport.send(call.with { $0.tls.trust = .certificates(pem: pem) }).status == .ok)
        #expect(try await transport.send(call.with { $0.tls.trust = .directory(nginx.ca.folder) }).status == .ok)
        let missing = call.with { $0.tls.trust = .file("/nonexistent.pem") }
        #expect(try await transport.failure(of: missing).code == .certificateInvalid)
    }

    @Test("a client certificate is shown, from files and with an encrypted key", .requires(.nginx))
    func clientCertificate() async throws {
        let nginx = try await NginxServer.shared()
        let call = Sending(nginx.url("/client-certificate", .clientCertificate)).trusting(nginx.ca)
        for (key, password) in [(nginx.ca.client.key, nil), (nginx.ca.clientEncryptedKey, nginx.ca.password)] {
            let identity = ClientIdentity(
                certificates: .file(nginx.ca.client.certificate), key: .file(key), password: password)
            let response = try await transport.send(call.with { $0.tls.identity = identity })
            #expect(try await response.text().hasPrefix("SUCCESS"))
        }
        let wrong = ClientIdentity(
            certificates: .file(nginx.ca.client.certificate), key: .file(nginx.ca.clientEncryptedKey), password: "no")
        let error = try await transport.failure(of: call.with { $0.tls.identity = wrong })
        #expect(error.code == .clientCertificateInvalid)
        #expect(error.retrySafety == .notSent)
    }

    @Test("a pin that matches none of the server's keys refuses it", .requires(.nginx))
    func pins() async throws {
        let nginx = try await NginxServer.shared()
        let call = Sending(nginx.url("/1k", .tls)).trusting(nginx.ca)
        for pin in [Pin.publicKey(sha256: [UInt8](repeating: 1, count: 32)), .certificate(sha256: [])] {
            let error = try await transport.failure(of: call.with { $0.tls.pins = [pin] })
            #expect(error.code == .pinMismatch)
            #expect(error.retrySafety == .notSent)
        }
    }

    @Test("limits of versions hold", .requires(.nginx))
    func versions() async throws {
        let nginx = try await NginxServer.shared()
        let call = Sending(nginx.url("/1k", .tls12)).trusting(nginx.ca)
        #expect(try await transport.send(call).connection.tls?.version == .tls12)
        let error = try await transport.failure(of: call.with { $0.tls.minimumVersion = .tls13 })
        #expect(error.code == .tlsFailed)
        let lower = Sending(nginx.url("/1k", .tls)).trusting(nginx.ca).with { $0.tls.maximumVersion = .tls12 }
        #expect(try await transport.send(lower).connection.tls?.version == .tls12)
    }

    @Test("another server name is asked for and verified", .requires(.nginx))
    func serverName() async throws {
        let nginx = try await NginxServer.shared()
        let call = Sending(nginx.url("/tls", .tls, host: "127.0.0.1")).trusting(nginx.ca)
        let named = try await transport.send(call.with { $0.tls.serverName = "x.tern.test" })
        #expect(try await named.text().contains("x.tern.test"))
        let wrong = try await transport.failure(of: call.with { $0.tls.serverName = "x.example" })
        #expect(wrong.code == .certificateInvalid)
    }

    @Test("what is not TLS is a failed handshake", .requires(.nginx))
    func notTLS() async throws {
        let server = try RawServer(.send("HTTP/1.1 400 Bad Request\r\n\r\n"), .readToEnd)
        let url = server.url("/").replacing("http:", with: "https:")
        let error = try await transport.failure(of: Sending(url))
        #expect(error.code == .tlsFailed, "\(error)")
        #expect(error.phase == .tls)
    }
}
