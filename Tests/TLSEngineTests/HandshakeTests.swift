import TLSEngine
import TestAuthority
import Testing

@Suite("TLS handshakes between our two roles")
struct HandshakeTests {
    let authority: Authority
    let leaf: Authority.Leaf

    init() throws {
        authority = try Authority()
        leaf = try authority.issue()
    }

    @Test("a good certificate is taken, and the handshake tells what was settled")
    func good() throws {
        let pair = try pair(client(trusting: authority), server(leaf))
        pair.run()
        let settled = try #require(pair.clientHandshake)
        #expect(settled.version == .tls13)
        #expect(settled.cipher == "TLS_AES_256_GCM_SHA384")
        #expect(settled.group == "x25519")
        #expect(settled.alpn == "h2")
        #expect(settled.resumed == false)
        #expect(settled.certificates == [leaf.der])
        #expect(pair.serverEvents.handshake?.alpn == "h2")
    }

    @Test(
        "names that a certificate covers",
        arguments: ["tern.test", "tern.test.", "a.wild.test", "127.0.0.1", "::1", "[::1]"])
    func rightHost(host: String) throws {
        let pair = try pair(client(trusting: authority), server(leaf), host: host)
        pair.run()
        #expect(pair.clientHandshake != nil, "\(String(describing: pair.clientError))")
    }

    @Test(
        "names that a certificate does not cover",
        arguments: ["other.test", "a.b.wild.test", "127.0.0.2", "::2", "wild.test"])
    func wrongHost(host: String) throws {
        let pair = try pair(client(trusting: authority), server(leaf), host: host)
        pair.run()
        #expect(pair.clientError?.code == .wrongHost)
        #expect(pair.serverError != nil, "the server is told by an alert")
        #expect(pair.clientHandshake == nil)
    }

    @Test(
        "no host, or one that OpenSSL would read as another, is refused",
        arguments: [
            nil, "", ".", "tern.test\0.evil.test", "tern test",
        ])
    func unusableHost(host: String?) throws {
        let context = try client(trusting: authority)
        let error = #expect(throws: TLSError.self) { try TLSConnection(context, host: host) }
        #expect(error?.code == .badSettings)
    }

    @Test("an address with a zone is verified without it")
    func zone() throws {
        let pair = try pair(client(trusting: authority), server(authority.issue("IP:fe80::1")), host: "fe80::1%eth0")
        pair.run()
        #expect(pair.clientHandshake != nil)
    }

    @Test("a certificate out of its time, not vouched for, or signed by itself is refused with the reason")
    func refused() throws {
        let cases: [(Authority.Leaf, TLSError.Code)] = [
            (try authority.issue(days: (-20, -10)), .expired), (try authority.issue(days: (10, 20)), .notYetValid),
            (try Authority().issue(), .untrusted), (try Authority(name: "Other").issue(), .untrusted),
            (try authority.issue(selfSigned: true), .untrusted),
        ]
        for (leaf, code) in cases {
            let pair = try pair(client(trusting: authority), server(leaf))
            pair.run()
            #expect(pair.clientError?.code == code)
            #expect(pair.clientGot.isEmpty)
        }
    }

    @Test("who verifies nothing takes any certificate")
    func unverified() throws {
        let lax = try client(trusting: authority) { $0.verifiesPeer = false }
        let pair = try pair(lax, server(authority.issue("DNS:other.test", selfSigned: true)))
        pair.run()
        #expect(pair.clientHandshake != nil)
    }

    @Test("pins are checked beside trust, and without it", arguments: [true, false])
    func pins(verifies: Bool) throws {
        let other = [UInt8](repeating: 7, count: 32)
        let cases: [([TLSPin], Bool)] = [
            ([.publicKey(sha256: leaf.publicKeyPin)], true), ([.certificate(sha256: leaf.certificatePin)], true),
            ([.publicKey(sha256: other), .publicKey(sha256: leaf.publicKeyPin)], true),
            ([.publicKey(sha256: other)], false), ([.certificate(sha256: leaf.publicKeyPin)], false),
            ([.publicKey(sha256: [])], false),
        ]
        for (pins, isTaken) in cases {
            let pinned = try client(trusting: authority) {
                $0.pins = pins
                $0.verifiesPeer = verifies
            }
            let pair = try pair(pinned, server(leaf))
            pair.client.write([1, 2, 3].span)
            pair.run()
            #expect((pair.clientHandshake != nil) == isTaken)
            #expect(pair.clientError?.code == (isTaken ? nil : .pinMismatch))
            #expect(pair.serverGot == (isTaken ? [1, 2, 3] : []), "nothing goes to a peer that is not the pinned one")
        }
    }

    @Test("versions that do not meet are told apart from other failures")
    func versions() throws {
        let old = try server(leaf) { $0.maximumVersion = .tls12 }
        let new = try client(trusting: authority) { $0.minimumVersion = .tls13 }
        let apart = try pair(new, old)
        apart.run()
        #expect(apart.clientError?.code == .protocolVersion)
        #expect(apart.serverError?.code == .protocolVersion)
        let both = try pair(client(trusting: authority), old)
        both.run()
        #expect(both.clientHandshake?.version == .tls12)
        let error = #expect(throws: TLSError.self) {
            try client(trusting: authority) { $0.maximumVersion = .tls11 }
        }
        #expect(error?.code == .badSettings)
    }

    @Test("no protocol in common is an alert, no ALPN is none")
    func alpn() throws {
        let pair1 = try pair(
            client(trusting: authority) { $0.protocols = ["h2"] }, server(leaf) { $0.protocols = ["http/1.1"] })
        pair1.run()
        #expect(pair1.clientError?.code == .noSharedProtocol)
        #expect(pair1.serverError?.code == .noSharedProtocol)
        let pair2 = try pair(client(trusting: authority) { $0.protocols = [] }, server(leaf))
        pair2.run()
        #expect(pair2.clientHandshake?.alpn == .some(nil))
        let pair3 = try pair(client(trusting: authority), server(leaf) { $0.protocols = ["http/1.1", "h2"] })
        pair3.run()
        #expect(pair3.clientHandshake?.alpn == "http/1.1", "the server's order counts")
    }

    @Test("a client certificate is shown when asked for, from memory, with a password too", arguments: ["1.2", "1.3"])
    func mutual(version: String) throws {
        let mine = try authority.issue("DNS:client")
        let asking = try server(leaf) {
            $0.clientCertificate = .required
            $0.trust = .certificates(pem: authority.pem)
            $0.maximumVersion = TLSProtocolVersion(rawValue: version)
        }
        for identity in [
            mine.identity,
            TLSIdentity(
                certificates: .pem(mine.certificate), key: .pem(mine.encryptedKey), password: Authority.password),
        ] {
            let pair = try pair(client(trusting: authority) { $0.identity = identity }, asking)
            pair.run()
            #expect(pair.serverEvents.handshake?.certificates == [mine.der])
        }
        let without = try pair(client(trusting: authority), asking)
        without.run()
        #expect(without.serverError?.code == .clientCertificateRejected)
        #expect(without.clientError?.code == .clientCertificateRejected)
        let stranger = try Authority(name: "Other").issue("DNS:client")
        let refused = try pair(client(trusting: authority) { $0.identity = stranger.identity }, asking)
        refused.run()
        #expect(refused.serverError?.code == .untrusted)
        #expect(refused.clientError?.code == .clientCertificateRejected)
    }

    @Test("an identity that cannot be used is refused before any connection")
    func badIdentities() throws {
        let other = try authority.issue()
        let identities = [
            TLSIdentity(certificates: .pem(leaf.certificate), key: .pem(other.key)),
            TLSIdentity(certificates: .pem(leaf.certificate), key: .pem(leaf.encryptedKey)),
            TLSIdentity(certificates: .pem(leaf.certificate), key: .pem(leaf.encryptedKey), password: "wrong"),
            TLSIdentity(certificates: .pem([1, 2, 3]), key: .pem(leaf.key)),
            TLSIdentity(certificates: .file("/nonexistent"), key: .pem(leaf.key)),
            TLSIdentity(certificates: .pem(leaf.certificate), key: .file("/nonexistent")),
        ]
        for identity in identities {
            let error = #expect(throws: TLSError.self) { try client(trusting: authority) { $0.identity = identity } }
            #expect(error?.code == .badIdentity)
        }
    }

    @Test(
        "trust that cannot be read is refused",
        arguments: [
            TLSTrust.file("/nonexistent"), .directory("/nonexistent"), .certificates(pem: Array("nothing".utf8)),
        ])
    func badTrust(trust: TLSTrust) throws {
        let error = #expect(throws: TLSError.self) { try client(trusting: authority) { $0.trust = trust } }
        #expect(error?.code == .badTrust)
    }

    @Test("the system's trust does not vouch for ours")
    func systemTrust() throws {
        let pair = try pair(client(trusting: authority) { $0.trust = .system }, server(leaf))
        pair.run()
        #expect(pair.clientError?.code == .untrusted)
    }

    @Test("secrets are told when asked for, by both versions' labels")
    func keyLog() throws {
        for (version, label) in [
            (TLSProtocolVersion.tls12, "CLIENT_RANDOM"), (.tls13, "CLIENT_HANDSHAKE_TRAFFIC_SECRET"),
        ] {
            let logging = try client(trusting: authority) {
                $0.logsKeys = true
                $0.maximumVersion = version
            }
            let pair = try pair(logging, server(leaf))
            pair.run()
            let lines = pair.clientEvents.compactMap { if case .keyLog(let line) = $0 { line } else { nil } }
            #expect(lines.contains { $0.hasPrefix(label + " ") })
        }
        let quiet = try pair(client(trusting: authority), server(leaf))
        quiet.run()
        #expect(!quiet.clientEvents.contains { if case .keyLog = $0 { true } else { false } })
    }

    @Test("a stapled OCSP response is checked when it comes")
    func staples() throws {
        let cases: [([UInt8], TLSError.Code?)] = [
            (authority.staple(for: leaf, revoked: false), nil), (authority.staple(for: leaf, revoked: true), .revoked),
            (authority.staple(for: leaf, revoked: false, validDays: (-9, -5)), .stapleInvalid),
            (authority.staple(for: try authority.issue(), revoked: false), .stapleInvalid),
            (authority.staple(for: leaf, revoked: false, by: try Authority()), .stapleInvalid),
            ([0x30, 0x03, 0x0A, 0x01], .stapleInvalid),
        ]
        for (index, (staple, code)) in cases.enumerated() {
            let pair = try pair(client(trusting: authority), server(leaf) { $0.staple = staple })
            pair.run()
            #expect(pair.clientError?.code == code, "case \(index): \(String(describing: pair.clientError))")
        }
    }

    @Test("the handshake comes out the same however the bytes are split", arguments: [1, 2, 7, 100])
    func splits(piece: Int) throws {
        let pair = try pair(client(trusting: authority), server(leaf))
        pair.client.write(Array("ping".utf8).span)
        pair.run(piece: piece)
        pair.server.write(Array("pong".utf8).span)
        pair.run(piece: piece)
        #expect(pair.clientHandshake?.alpn == "h2")
        #expect(pair.serverGot == Array("ping".utf8))
        #expect(pair.clientGot == Array("pong".utf8))
    }
}
