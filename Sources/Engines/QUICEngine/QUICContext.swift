internal import CQUIC
package import TLSEngine

/// What connections with the same trust and identity share: credentials of GnuTLS beside the context of OpenSSL whose
/// policy verifies certificates. Costs milliseconds to make. It never changes once made, so threads may share it.
package final class QUICContext: Sendable {
    package let tls: TLSContext
    let credentials: Credentials
    /// The protocols of ALPN with their lengths before them.
    let alpn: [UInt8]

    /// Throws `badIdentity` or `badSettings`: QUIC needs TLS 1.3 (RFC 9001 §4.2), and a server a certificate. Where
    /// the settings name no protocol, `h3` is spoken.
    package init(_ tls: TLSContext) throws(TLSError) {
        if let maximum = tls.settings.maximumVersion, maximum != .tls13 {
            throw TLSError(.badSettings, "QUIC needs TLS 1.3, and \(maximum.rawValue) is the newest that is allowed")
        }
        var alpn: [UInt8] = []
        for name in tls.settings.protocols.isEmpty ? ["h3"] : tls.settings.protocols {
            guard let length = UInt8(exactly: name.utf8.count), length > 0 else {
                throw TLSError(.badSettings, "\(name) is no name for ALPN: it must have 1 to 255 bytes")
            }
            alpn.append(length)
            alpn.append(contentsOf: name.utf8)
        }
        self.tls = tls
        self.alpn = alpn
        credentials = try Credentials(tls)
    }

    package var role: QUICRole { tls.role == .client ? .client : .server }
}

/// Owns credentials of GnuTLS.
@safe
final class Credentials: @unchecked Sendable {
    let pointer: OpaquePointer

    init(_ tls: TLSContext) throws(TLSError) {
        var identity = try tls.identity()
        defer {
            // The key is not left lying about in memory.
            if let count = identity?.key.count { identity?.key.resetBytes(count) }
        }
        let certificates = identity?.certificates ?? []
        let key = identity?.key ?? []
        let joined = certificates.flatMap { $0 }
        var words: UnsafePointer<CChar>?
        let made = unsafe joined.withUnsafeBufferPointer { der in
            var pieces = unsafe [tern_bytes]()
            var offset = 0
            for certificate in certificates {
                unsafe pieces.append(
                    tern_bytes(bytes: der.baseAddress.map { unsafe $0 + offset }, count: certificate.count))
                offset += certificate.count
            }
            return unsafe key.withUnsafeBufferPointer {
                unsafe tern_quic_tls_new(
                    tls.role == .server ? 1 : 0, pieces, pieces.count,
                    tern_bytes(bytes: $0.baseAddress, count: $0.count), &words)
            }
        }
        guard let made = unsafe made else {
            let reason = unsafe words.map { unsafe String(cString: $0) } ?? "no reason given"
            throw TLSError(.badIdentity, "GnuTLS does not take the certificate or its key: \(reason)")
        }
        unsafe pointer = made
    }

    deinit { unsafe tern_quic_tls_free(pointer) }
}

extension [UInt8] {
    fileprivate mutating func resetBytes(_ count: Int) {
        for index in 0..<Swift.min(count, self.count) { self[index] = 0 }
    }
}
