package import TLSEngine
package import TransportCore

/// What the seam says of TLS, in the engine's words, and the engine's errors in the seam's.
extension TLSSettings {
    /// Settings of a client that offers `protocols` by ALPN.
    package init(_ options: TLSOptions, protocols: [String]) {
        self.init()
        switch options.trust {
        case .system: trust = .system
        case .file(let path): trust = .file(path)
        case .directory(let path): trust = .directory(path)
        case .certificates(let pem): trust = .certificates(pem: pem)
        }
        verifiesPeer = options.verifiesPeer
        identity = options.identity.map {
            TLSIdentity(certificates: .init($0.certificates), key: .init($0.key), password: $0.password)
        }
        pins = options.pins.map {
            switch $0 {
            case .publicKey(let digest): .publicKey(sha256: digest)
            case .certificate(let digest): .certificate(sha256: digest)
            }
        }
        minimumVersion = TLSProtocolVersion(options.minimumVersion)
        maximumVersion = options.maximumVersion.map { TLSProtocolVersion($0) }
        self.protocols = protocols
        resumesSessions = options.resumesSessions
        logsKeys = options.keyLogFile != nil
    }
}

extension TLSIdentity.Source {
    fileprivate init(_ source: ClientIdentity.Source) {
        switch source {
        case .file(let path): self = .file(path)
        case .pem(let pem): self = .pem(pem)
        }
    }
}

extension TLSProtocolVersion {
    fileprivate init(_ version: TLSVersion) {
        self =
            switch version {
            case .tls10: .tls10
            case .tls11: .tls11
            case .tls12: .tls12
            case .tls13: .tls13
            }
    }
}

extension TLSHandshake {
    /// What the handshake settled, for callers.
    package var info: ConnectionInfo.TLSInfo {
        ConnectionInfo.TLSInfo(
            version: version.flatMap { TLSVersion(rawValue: $0.rawValue) }, cipher: cipher, group: group, alpn: alpn,
            resumed: resumed, certificates: certificates)
    }
}

extension TLSError {
    /// The code that callers see.
    package var transportCode: TransportError.Code {
        switch code {
        case .badTrust, .untrusted, .expired, .notYetValid, .wrongHost, .revoked, .certificateInvalid, .stapleInvalid:
            .certificateInvalid
        case .pinMismatch: .pinMismatch
        case .badIdentity, .clientCertificateRejected: .clientCertificateInvalid
        case .noSharedProtocol: .protocolRefused
        case .badSettings, .protocolVersion, .noSharedCipher, .nameRefused, .notTLS, .alert, .closedInHandshake,
            .malformed:
            .tlsFailed
        case .libraryFailure: .libraryFailure
        }
    }
}
