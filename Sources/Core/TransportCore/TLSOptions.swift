/// Trust and identity on TLS connections. They mean the same in every transport. Part of the pool's key.
public struct TLSOptions: Sendable, Hashable {
    /// Which authorities are trusted.
    public var trust: Trust = .system
    /// Whether the peer's certificate and name are verified: yes. `false` trusts anybody; for tests only.
    public var verifiesPeer: Bool = true
    /// The certificate and key to show to the peer when it asks.
    public var identity: ClientIdentity?
    /// Keys or certificates of which the peer must have one; empty for no pinning. Checked in addition to trust.
    public var pins: [Pin] = []
    /// The oldest version that is accepted: 1.2.
    public var minimumVersion: TLSVersion = .tls12
    /// The newest version that is accepted; `nil` for the newest there is.
    public var maximumVersion: TLSVersion?
    /// The name to ask for (SNI) and to verify, in place of the URL's host.
    public var serverName: String?
    /// A file to which secrets are appended in NSS key log format, for Wireshark. Anyone who reads it can read the
    /// traffic.
    public var keyLogFile: String?
    /// Whether sessions are resumed: yes.
    public var resumesSessions: Bool = true

    /// The defaults.
    public init() {}

    func requiredFeatures(for origin: Origin) -> Feature {
        guard origin.scheme == .https else { return [] }
        var features: Feature = .tls
        switch trust {
        case .system, .file: break
        case .directory: features.insert(.trustDirectory)
        case .certificates: features.insert(.trustInMemory)
        }
        if let identity {
            features.insert(.clientCertificate)
            if identity.isInMemory { features.insert(.clientCertificateInMemory) }
        }
        for pin in pins {
            switch pin {
            case .publicKey: features.insert(.publicKeyPins)
            case .certificate: features.insert(.certificatePins)
            }
        }
        if serverName != nil { features.insert(.serverNameOverride) }
        if keyLogFile != nil { features.insert(.keyLog) }
        return features
    }
}

/// Which certificate authorities are trusted.
public enum Trust: Sendable, Hashable {
    /// The system's, as `SSL_CERT_FILE` and `SSL_CERT_DIR` say where they are set.
    case system
    /// Those in a PEM file.
    case file(String)
    /// Those in a folder that was prepared by `openssl rehash`.
    case directory(String)
    /// Those in PEM text in memory.
    case certificates(pem: [UInt8])
}

/// A client certificate with its key, in PEM form.
public struct ClientIdentity: Sendable, Hashable, CustomStringConvertible {
    /// Where PEM text is found.
    public enum Source: Sendable, Hashable {
        /// A file, by its path.
        case file(String)
        /// The text itself.
        case pem([UInt8])
    }
    /// The certificate, and the intermediate ones after it.
    public var certificates: Source
    /// The private key; may be in the same file.
    public var key: Source
    /// The password of an encrypted key.
    public var password: String?

    /// A certificate and its key.
    public init(certificates: Source, key: Source, password: String? = nil) {
        self.certificates = certificates
        self.key = key
        self.password = password
    }

    var isInMemory: Bool {
        if case .pem = certificates { return true }
        if case .pem = key { return true }
        return false
    }

    /// Where the certificate comes from; never the key or the password.
    public var description: String {
        switch certificates {
        case .file(let path): "client certificate from \(path)"
        case .pem: "client certificate from memory"
        }
    }
}

/// A key or certificate that the peer must have.
public enum Pin: Sendable, Hashable {
    /// SHA-256 of the DER form of the public key (RFC 7469 §2.4), 32 bytes.
    case publicKey(sha256: [UInt8])
    /// SHA-256 of the DER form of the peer's own certificate, 32 bytes.
    case certificate(sha256: [UInt8])
}

/// A version of TLS.
public enum TLSVersion: String, Sendable, Hashable, Comparable, CaseIterable {
    /// RFC 2246; broken, for old devices only.
    case tls10 = "1.0"
    /// RFC 4346; broken, for old devices only.
    case tls11 = "1.1"
    /// RFC 5246.
    case tls12 = "1.2"
    /// RFC 8446.
    case tls13 = "1.3"

    /// Whether `left` is the older version.
    public static func < (left: TLSVersion, right: TLSVersion) -> Bool { left.rawValue < right.rawValue }
}
