import CurlTransport
import Glibc
import TestKit
import Testing
import TransportCore

@Suite("CurlTransport, TLS", .requires(.nginx))
struct TLSTests {
    let transport = CurlTransport()

    private func contents(of path: String) throws -> [UInt8] {
        let file = try unsafe #require(unsafe fopen(path, "r"), "\(path)")
        defer { unsafe fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = unsafe fread(&bytes, 1, bytes.count, file)
        return Array(bytes.prefix(count))
    }

    @Test("trust in a file, a folder, or in memory; and nobody trusted by default")
    func trust() async throws {
        let nginx = try await NginxServer.shared()
        let sending = Sending(nginx.url("/1k", .tls))
        for trust in [
            Trust.file(nginx.ca.certificate), .directory(nginx.ca.folder),
            .certificates(pem: try contents(of: nginx.ca.certificate)),
        ] {
            #expect(try await transport.send(sending.with { $0.tls.trust = trust }).status == .ok)
        }
        let error = try await transport.failure(of: sending)
        #expect(error.code == .certificateInvalid, "\(error)")
        #expect(error.phase == .tls)
        #expect(error.retrySafety == .notSent)
        #expect(try await transport.send(sending.with { $0.tls.verifiesPeer = false }).status == .ok)
        // The routes do not share connections: the strict one still refuses.
        #expect(try await transport.failure(of: sending).code == .certificateInvalid)
    }

    @Test("bad certificates are refused", arguments: [NginxServer.Door.expired, .selfSigned, .wrongHost])
    func badCertificates(door: NginxServer.Door) async throws {
        let nginx = try await NginxServer.shared()
        let error = try await transport.failure(of: Sending(nginx.url("/1k", door)).trusting(nginx.ca))
        #expect(error.code == .certificateInvalid, "\(error)")
    }

    @Test("a missing file of authorities is an error that names it")
    func missingFile() async throws {
        let nginx = try await NginxServer.shared()
        let error = try await transport.failure(
            of: Sending(nginx.url("/1k", .tls)).with { $0.tls.trust = .file("/nowhere/ca.pem") })
        #expect(error.code == .certificateInvalid)
        #expect(error.message.contains("/nowhere/ca.pem"))
    }

    @Test("a client certificate, from files, from memory, and with an encrypted key")
    func clientCertificate() async throws {
        let nginx = try await NginxServer.shared()
        let ca = nginx.ca
        let sending = Sending(nginx.url("/client-certificate", .clientCertificate)).trusting(ca)
        let identities = [
            ClientIdentity(certificates: .file(ca.client.certificate), key: .file(ca.client.key)),
            ClientIdentity(
                certificates: .pem(try contents(of: ca.client.certificate)),
                key: .pem(try contents(of: ca.client.key))),
            ClientIdentity(
                certificates: .file(ca.client.certificate), key: .file(ca.clientEncryptedKey), password: ca.password),
        ]
        for identity in identities {
            let text = try await transport.send(sending.with { $0.tls.identity = identity }).text()
            #expect(text.hasPrefix("SUCCESS"), "\(text)")
        }
        #expect(try await transport.send(sending).status.code == 400)
        let wrong = ClientIdentity(
            certificates: .file(ca.client.certificate), key: .file(ca.clientEncryptedKey), password: "wrong")
        let error = try await transport.failure(of: sending.with { $0.tls.identity = wrong })
        #expect(error.code == .clientCertificateInvalid, "\(error)")
    }

    @Test("versions are bounded on both sides")
    func versions() async throws {
        let nginx = try await NginxServer.shared()
        let old = Sending(nginx.url("/1k", .tls12)).trusting(nginx.ca)
        let response = try await transport.send(old)
        #expect(response.connection.tls?.version == .tls12)
        let error = try await transport.failure(of: old.with { $0.tls.minimumVersion = .tls13 })
        #expect(error.code == .tlsFailed, "\(error)")
        let capped = Sending(nginx.url("/1k", .tls)).trusting(nginx.ca).with { $0.tls.maximumVersion = .tls12 }
        #expect(try await transport.send(capped).connection.tls?.version == .tls12)
    }

    @Test("pins of keys and certificates, one of which must match")
    func pins() async throws {
        let nginx = try await NginxServer.shared()
        let sending = Sending(nginx.url("/1k", .tls)).trusting(nginx.ca)
        let chain = try await transport.send(sending).connection.tls?.certificates
        let digest = try sha256(#require(chain?.first))
        let wrong = [UInt8](repeating: 1, count: 32)
        let good = sending.with { $0.tls.pins = [.publicKey(sha256: wrong), .certificate(sha256: digest)] }
        #expect(try await transport.send(good).status == .ok)
        for pin in [Pin.publicKey(sha256: wrong), .certificate(sha256: wrong)] {
            let bad = sending.with { $0.tls.pins = [pin] }
            for _ in 0..<2 {
                let error = try await transport.failure(of: bad)
                #expect(error.code == .pinMismatch, "\(error)")
                #expect(error.retrySafety == .notSent)
            }
        }
    }

    private func sha256(_ bytes: [UInt8]) throws -> [UInt8] {
        let scratch = try ScratchFolder("digest")
        try scratch.write("der", bytes)
        let (_, output) = try ChildProcess.run("/usr/bin/sha256sum", [scratch.path(of: "der")], folder: scratch)
        let hex = Array(String(decoding: output, as: UTF8.self).prefix(64))
        return try stride(from: 0, to: 64, by: 2).map { try #require(UInt8(String(hex[$0...($0 + 1)]), radix: 16)) }
    }

    @Test("another server name is asked for and verified, at the same address")
    func serverName() async throws {
        let nginx = try await NginxServer.shared()
        let sending = Sending(nginx.url("/tls", .tls)).trusting(nginx.ca).with { $0.tls.serverName = "sni.tern.test" }
        let response = try await transport.send(sending)
        #expect(try await response.text().contains(" sni.tern.test "))
        let error = try await transport.failure(of: sending.with { $0.tls.serverName = "other.example" })
        #expect(error.code == .certificateInvalid)
        let host = Sending(nginx.url("/host", .tls)).trusting(nginx.ca).with { $0.tls.serverName = "sni.tern.test" }
        #expect(try await transport.send(host).text() == "localhost:\(nginx.port(.tls))")
    }

    @Test("the key log gets lines that Wireshark reads, and a path that cannot be opened is an error")
    func keyLog() async throws {
        let nginx = try await NginxServer.shared()
        let scratch = try ScratchFolder("keys")
        let path = scratch.path(of: "keys.log")
        let sending = Sending(nginx.url("/1k", .tls)).trusting(nginx.ca)
        _ = try await transport.send(sending.with { $0.tls.keyLogFile = path })
        let text = String(decoding: try contents(of: path), as: UTF8.self)
        #expect(text.contains("CLIENT_TRAFFIC_SECRET_0 "))
        #expect(text.hasSuffix("\n"))
        let error = try await transport.failure(of: sending.with { $0.tls.keyLogFile = "/nowhere/keys" })
        #expect(error.message.contains("/nowhere/keys"))
    }

    @Test("only HTTP/2 is wanted, and the server has it, or has not")
    func onlyHTTP2() async throws {
        let nginx = try await NginxServer.shared()
        let sending = Sending(nginx.url("/1k", .tls)).trusting(nginx.ca).with { $0.connect.protocols = .http2 }
        #expect(try await transport.send(sending).version == .http2)
        let error = try await transport.failure(of: sending.with { $0.url = nginx.url("/1k", .tlsHTTP1) })
        #expect([.protocolRefused, .tlsFailed].contains(error.code), "\(error)")
        #expect(error.retrySafety == .notSent)
        let first = Sending(nginx.url("/1k", .tls)).trusting(nginx.ca).overHTTP1
        #expect(try await transport.send(first).version == .http11)
    }

    @Test("TLS spoken to a server without TLS")
    func noTLS() async throws {
        let nginx = try await NginxServer.shared()
        let error = try await transport.failure(of: Sending("https://127.0.0.1:\(nginx.port(.clear))/"))
        #expect(error.code == .tlsFailed, "\(error)")
        #expect(error.phase == .tls)
        #expect(error.retrySafety == .notSent)
    }

    @Test("a session is resumed on the next connection, or not, as is wished", arguments: [true, false])
    func resumption(resumes: Bool) async throws {
        let nginx = try await NginxServer.shared()
        let sending = Sending(nginx.url("/tls", .tls12)).trusting(nginx.ca).with {
            $0.tls.resumesSessions = resumes
            $0.fields[.connection] = "close"
            $0.connect.protocols = .http1
        }
        let exchange = try sending.exchange()
        _ = try await transport.send(exchange)
        let second = try await transport.send(exchange)
        #expect(!second.reused)
        #expect(second.connection.tls?.resumed == resumes)
    }
}
