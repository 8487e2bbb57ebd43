/// Why a context could not be made, or why a connection over TLS failed.
///
/// The message says what was tried and what came back, with OpenSSL's words.
package struct TLSError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What happened.
    package enum Code: String, CaseIterable, Sendable {
        // Making a context
        /// A file of trusted authorities, or text given as such, could not be read.
        case badTrust
        /// Our certificate or key could not be read, or they do not belong together.
        case badIdentity
        /// The settings contradict each other or ask for what OpenSSL refuses.
        case badSettings
        // The peer's certificate
        /// No trusted authority vouches for it.
        case untrusted
        case expired
        case notYetValid
        /// It is for another name or address.
        case wrongHost
        case revoked
        /// Something else is wrong with it.
        case certificateInvalid
        /// It is none of those that were pinned.
        case pinMismatch
        /// The OCSP response that came with it is not to be trusted.
        case stapleInvalid
        // The handshake
        /// No version of TLS is allowed by both sides.
        case protocolVersion
        /// No cipher suite, group or signature is allowed by both sides.
        case noSharedCipher
        /// No protocol of those offered by ALPN is taken (RFC 7301 §3.2).
        case noSharedProtocol
        /// The peer refuses our certificate, or wants one.
        case clientCertificateRejected
        /// The peer does not know the name that was asked for (RFC 6066 §3).
        case nameRefused
        /// What came is not TLS.
        case notTLS
        /// The peer sent another alert.
        case alert
        /// The bytes ended before the handshake did.
        case closedInHandshake
        /// What came is not what TLS allows here: a record that cannot be decrypted, say.
        case malformed
        /// OpenSSL failed in a way that should not occur.
        case libraryFailure
    }

    package let code: Code
    package let message: String
    /// The number of the alert that the peer sent (RFC 8446 §6), where one came.
    package let alert: UInt8?
    /// OpenSSL's name for what happened, or its number.
    package let libraryCode: String?

    package init(_ code: Code, _ message: String, alert: UInt8? = nil, libraryCode: String? = nil) {
        self.code = code
        self.message = message
        self.alert = alert
        self.libraryCode = libraryCode
    }

    package var description: String {
        libraryCode.map { "\(code.rawValue): \(message) [\($0)]" } ?? "\(code.rawValue): \(message)"
    }
}
