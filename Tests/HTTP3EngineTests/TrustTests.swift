import HTTP3Engine
import QUICEngine
import QUICLink
import TLSEngine
import TestAuthority
import Testing

/// The policy is that of TLS over TCP: the same settings, the same errors.
@Suite("QUIC: who the peer is")
struct TrustTests {
    private func failure(_ change: (inout LinkSetup) throws -> Void) throws -> TLSError.Code? {
        var setup = LinkSetup()
        try change(&setup)
        let link = try HTTP3Link(setup)
        // A server's verdict on the client comes after the client is done.
        link.run { link.client.quic.closing != nil }
        guard case .tls(let error) = link.client.quic.closing?.cause else { return nil }
        return error.code
    }

    @Test("certificates that the policy refuses end the handshake with its errors")
    func refused() throws {
        let other = try Authority()
        #expect(try failure { $0.host = "other.test" } == .wrongHost)
        #expect(try failure { $0.host = "192.0.2.9" } == .wrongHost)
        #expect(
            try failure { setup in
                setup.clientContext = try Contexts.client { $0.trust = .certificates(pem: other.pem) }
            } == .untrusted)
        for (days, code) in [((-20, -10), TLSError.Code.expired), ((10, 20), .notYetValid)] {
            let leaf = try Contexts.authority.get().issue(days: days)
            let context = try Contexts.server { $0.identity = leaf.identity }
            #expect(try failure { $0.serverContext = context } == code)
        }
        let selfSigned = try Contexts.authority.get().issue(selfSigned: true)
        #expect(
            try failure { setup in setup.serverContext = try Contexts.server { $0.identity = selfSigned.identity } }
                == .untrusted)
        #expect(
            try failure { setup in
                setup.clientContext = try Contexts.client {
                    $0.pins = [.publicKey(sha256: [UInt8](repeating: 1, count: 32))]
                }
            } == .pinMismatch)
    }

    @Test("certificates that it takes go through: wildcards, addresses, pins, and anything if nothing is verified")
    func taken() throws {
        let leaf = try Contexts.leaf.get()
        for host in ["tern.test", "a.wild.test", "127.0.0.1", "::1", "[::1]", "tern.test."] {
            let link = try HTTP3Link(LinkSetup.make { $0.host = host })
            #expect(link.connect(), "\(host)")
        }
        let pinned = try Contexts.client { $0.pins = [.publicKey(sha256: leaf.publicKeyPin)] }
        #expect(try HTTP3Link(LinkSetup.make { $0.clientContext = pinned }).connect())
        let insecure = try Contexts.client {
            $0.verifiesPeer = false
            $0.pins = [.certificate(sha256: leaf.certificatePin)]
        }
        let setup = LinkSetup.make {
            $0.clientContext = insecure
            $0.host = "elsewhere.test"
        }
        #expect(try HTTP3Link(setup).connect())
        let error = #expect(throws: QUICError.self) { try HTTP3Link(LinkSetup.make { $0.host = nil }) }
        #expect(error?.code == .badSettings)
    }

    @Test("a client certificate is shown where it is asked for, encrypted key and all")
    func clientCertificate() throws {
        let authority = try Contexts.authority.get()
        let own = try authority.issue("DNS:client.test")
        let server = try Contexts.server {
            $0.clientCertificate = .required
            $0.trust = .certificates(pem: authority.pem)
        }
        let client = try Contexts.client {
            $0.identity = TLSIdentity(
                certificates: .pem(own.certificate), key: .pem(own.encryptedKey), password: Authority.password)
        }
        let link = try HTTP3Link(
            LinkSetup.make {
                $0.clientContext = client
                $0.serverContext = server
            })
        #expect(link.connect())
        #expect(link.servers.first?.quic.handshake?.certificates == [own.der])
        #expect(try failure { $0.serverContext = server } == .clientCertificateRejected)
        let foreign = try Authority().issue("DNS:client.test")
        #expect(
            try failure { setup in
                setup.serverContext = server
                setup.clientContext = try Contexts.client { $0.identity = foreign.identity }
            } == .clientCertificateRejected)
    }

    @Test("a server without a protocol of ours is refused, and so is TLS 1.2")
    func protocols() throws {
        #expect(
            try failure { setup in setup.serverContext = try Contexts.server { $0.protocols = ["other"] } }
                == .noSharedProtocol)
        let error = #expect(throws: TLSError.self) { try Contexts.client { $0.maximumVersion = .tls12 } }
        #expect(error?.code == .badSettings)
    }

    @Test("a chain is verified apart from a handshake as it would be in one")
    func chain() throws {
        let authority = try Contexts.authority.get()
        let leaf = try Contexts.leaf.get()
        let context = try Contexts.client().tls
        try context.verify(chain: [leaf.der], host: "tern.test")
        try context.verify(
            chain: [leaf.der], host: "tern.test", staple: authority.staple(for: leaf, revoked: false))
        func code(_ chain: [[UInt8]], _ host: String?, _ staple: [UInt8]? = nil) -> TLSError.Code? {
            do throws(TLSError) { try context.verify(chain: chain, host: host, staple: staple) } catch {
                return error.code
            }
            return nil
        }
        #expect(code([leaf.der], "tern.test", authority.staple(for: leaf, revoked: true)) == .revoked)
        #expect(code([leaf.der], "tern.test", [1, 2, 3]) == .stapleInvalid)
        #expect(code([], "tern.test") == .certificateInvalid)
        #expect(code([[1, 2, 3]], "tern.test") == .certificateInvalid)
        #expect(code([leaf.der], nil) == .badSettings)
        #expect(code([leaf.der], "a.tern.test") == .wrongHost)
    }
}
