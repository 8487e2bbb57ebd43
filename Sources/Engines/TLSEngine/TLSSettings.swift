/// Trust, identity and wishes, from which a ``TLSContext`` is made. Connections with equal settings share one.
package struct TLSSettings: Hashable, Sendable {
    /// Which authorities are trusted. A server asks for a certificate only with ``clientCertificate``.
    package var trust = TLSTrust.system
    /// Client: whether the peer's certificate and name are verified. Pins are checked either way.
    package var verifiesPeer = true
    /// Our certificate and key. A server needs them.
    package var identity: TLSIdentity?
    /// Of which the peer must have one; empty for no pinning. Checked besides trust, on resumed sessions too.
    package var pins: [TLSPin] = []
    /// The oldest version that is allowed.
    package var minimumVersion = TLSProtocolVersion.tls12
    /// The newest; nil for the newest there is.
    package var maximumVersion: TLSProtocolVersion?
    /// Protocols to offer or to take, the best first (RFC 7301); empty for no ALPN.
    package var protocols: [String] = []
    /// Whether sessions are resumed.
    package var resumesSessions = true
    /// Whether secrets are told as events, one line of NSS key log format each.
    package var logsKeys = false
    /// Client: whether the peer is asked for an OCSP response with its certificate; one that comes is checked.
    package var asksForStaple = true
    /// Server: whether a client has to show a certificate that ``trust`` vouches for.
    package var clientCertificate = ClientCertificate.notAsked
    /// Server: the OCSP response to send along, DER.
    package var staple: [UInt8]?

    package init() {}

    /// What a server does about certificates of clients.
    package enum ClientCertificate: Hashable, Sendable { case notAsked, wanted, required }
}

/// Which certificate authorities are trusted.
package enum TLSTrust: Hashable, Sendable {
    /// Those that `SSL_CERT_FILE` and `SSL_CERT_DIR` name if either is set, else the system's.
    case system
    /// Those in a PEM file.
    case file(String)
    /// Those in a folder that `openssl rehash` prepared.
    case directory(String)
    /// Those in PEM text.
    case certificates(pem: [UInt8])
}

/// A certificate with its key, as PEM.
package struct TLSIdentity: Hashable, Sendable {
    /// Where PEM text is.
    package enum Source: Hashable, Sendable {
        case file(String)
        case pem([UInt8])
    }
    /// Our own certificate, and intermediate ones after it.
    package var certificates: Source
    /// The private key; it may be in the same text.
    package var key: Source
    /// The password of an encrypted key.
    package var password: String?

    package init(certificates: Source, key: Source, password: String? = nil) {
        self.certificates = certificates
        self.key = key
        self.password = password
    }
}

/// What the peer's own certificate must match.
package enum TLSPin: Hashable, Sendable {
    /// SHA-256 of its public key in DER form (RFC 7469 §2.4).
    case publicKey(sha256: [UInt8])
    /// SHA-256 of its DER form.
    case certificate(sha256: [UInt8])
}

/// A version of TLS.
package enum TLSProtocolVersion: String, Hashable, Sendable, CaseIterable {
    case tls10 = "1.0"
    case tls11 = "1.1"
    case tls12 = "1.2"
    case tls13 = "1.3"

    /// The number on the wire (RFC 8446 §4.2.1).
    var number: Int32 {
        switch self {
        case .tls10: 0x0301
        case .tls11: 0x0302
        case .tls12: 0x0303
        case .tls13: 0x0304
        }
    }

    init?(number: Int32) {
        guard let version = Self.allCases.first(where: { $0.number == number }) else { return nil }
        self = version
    }
}
