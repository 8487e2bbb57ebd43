package import TLSEngine

/// What connections with the same trust and identity share: credentials of GnuTLS beside the context of OpenSSL whose
/// policy verifies certificates. Costs milliseconds to make. It never changes once made, so threads may share it.
package final class QUICContext: Sendable {
    package let tls: TLSContext

    /// Throws `badIdentity` or `badSettings`: QUIC needs TLS 1.3 (RFC 9001 §4.2), and a server a certificate.
    package init(_ tls: TLSContext) throws(TLSError) {
        self.tls = tls
    }

    package var role: QUICRole { tls.role == .client ? .client : .server }
}
