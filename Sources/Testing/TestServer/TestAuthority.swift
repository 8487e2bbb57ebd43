import COpenSSL
import Synchronization
public import TransportCore

/// A certificate authority that lives as long as the process, and the certificates that tests need of it. Nobody else
/// trusts it: its key never leaves memory. Keys are ECDSA P-256.
public final class TestAuthority: Sendable {
    /// The one that all servers of this process use, made on first use.
    public static func shared() throws(TestServerError) -> TestAuthority { try instance.get() }
    private static let instance = Result { () throws(TestServerError) in try TestAuthority() }

    /// The root that clients have to trust, as PEM.
    public let pem: [UInt8]
    private let root: CertificateAndKey
    private let stranger: CertificateAndKey
    private let issued = Mutex<[Wish: Issued]>([:])
    private let file = Mutex<ScratchFile?>(nil)

    private struct Wish: Hashable {
        var kind: TestCertificate
        var names: [String]
        var isClient = false
    }

    /// A certificate and its key, PEM.
    package struct Issued: Sendable, Hashable {
        /// The certificate.
        package var certificate: [UInt8]
        /// The private key, PKCS #8.
        package var key: [UInt8]
        /// SHA-256 of the public key's DER form (RFC 7469 §2.4).
        package var publicKeyPin: [UInt8]
        /// SHA-256 of the certificate's DER form.
        package var certificatePin: [UInt8]
    }

    private init() throws(TestServerError) {
        root = try CertificateAndKey(.root("Tern test root"), signedBy: nil)
        stranger = try CertificateAndKey(.root("A root that nobody trusts"), signedBy: nil)
        pem = root.pem
    }

    /// The root, for ``TLSOptions/trust``.
    public var trust: Trust { .certificates(pem: pem) }

    /// The path of a file with the root, for other programs. It is gone when the process has ended well.
    public func pemFile() throws(TestServerError) -> String {
        try file.withLock { (file) throws(TestServerError) in
            if let file { return file.path }
            let made = try ScratchFile("tern-test-root", pem)
            file = made
            return made.path
        }
    }

    /// A certificate of `kind` for a server, good for `names` beside the usual ones.
    package func server(_ kind: TestCertificate, names: [String] = []) throws(TestServerError) -> Issued {
        try issue(Wish(kind: kind, names: names))
    }

    /// A certificate for a client with its key, good for servers that ask for one.
    public func client() throws(TestServerError) -> ClientIdentity {
        let made = try issue(Wish(kind: .good, names: [], isClient: true))
        return ClientIdentity(certificates: .pem(made.certificate), key: .pem(made.key))
    }

    /// The pin of the key that a server shows: SHA-256 (RFC 7469 §2.4).
    public func publicKeyPin(of kind: TestCertificate = .good, names: [String] = []) throws(TestServerError) -> Pin {
        .publicKey(sha256: try server(kind, names: names).publicKeyPin)
    }

    /// The pin of the certificate that a server shows: SHA-256.
    public func certificatePin(of kind: TestCertificate = .good, names: [String] = []) throws(TestServerError) -> Pin {
        .certificate(sha256: try server(kind, names: names).certificatePin)
    }

    private func issue(_ wish: Wish) throws(TestServerError) -> Issued {
        try issued.withLock { (issued) throws(TestServerError) in
            if let made = issued[wish] { return made }
            let made = try CertificateAndKey(content(of: wish), signedBy: signer(of: wish)).issued
            issued[wish] = made
            return made
        }
    }

    private func signer(of wish: Wish) -> CertificateAndKey? {
        switch wish.kind {
        case .selfSigned: nil
        case .strange: stranger
        default: root
        }
    }

    private func content(of wish: Wish) -> CertificateAndKey.Content {
        if wish.isClient { return .client("tern-client") }
        let names = ["localhost", "tern.test", "*.tern.test"] + wish.names
        switch wish.kind {
        case .expired: return .server(names, days: -40...(-10))
        case .notYetValid: return .server(names, days: 10...40)
        case .wrongHost: return .server(["other.example"], days: -1...30, isForLoopback: false)
        case .good, .selfSigned, .strange: return .server(names, days: -1...30)
        }
    }
}

/// What is right or wrong with the certificate that a server shows.
public enum TestCertificate: Sendable, Hashable, CaseIterable {
    /// Good for `localhost`, the loopback addresses, `tern.test`, `*.tern.test` and the server's own names.
    case good
    /// Out of date since ten days.
    case expired
    /// Not valid for ten days to come.
    case notYetValid
    /// For `other.example` alone.
    case wrongHost
    /// Signed by its own key.
    case selfSigned
    /// Signed by a root that nobody trusts.
    case strange
}
