package import TLSEngine

/// Why a connection could not be made, or why a call could not be carried out.
package struct QUICError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What happened.
    package enum Code: String, CaseIterable, Sendable {
        /// The settings of TLS cannot be used for QUIC; see ``QUICError/tls``.
        case tls
        /// A wish that the library or the protocol refuses.
        case badSettings
        /// The call does not fit the state of the connection or the stream.
        case outOfOrder
        /// The peer's limit of streams is reached (RFC 9000 §4.6).
        case streamLimit
        /// The peer, or the state of the connection, forbids to migrate (RFC 9000 §9).
        case migrationRefused
        /// The connection is over, or about to be.
        case closing
        /// ngtcp2 or GnuTLS failed in a way that should not occur: no memory, say.
        case libraryFailure
    }

    package let code: Code
    package let message: String
    /// What was wrong with the settings of TLS.
    package let tls: TLSError?

    package init(_ code: Code, _ message: String, tls: TLSError? = nil) {
        self.code = code
        self.message = message
        self.tls = tls
    }

    /// An error about settings of TLS.
    package init(_ error: TLSError) { self.init(.tls, error.message, tls: error) }

    package var description: String { "\(code.rawValue): \(message)" }
}
