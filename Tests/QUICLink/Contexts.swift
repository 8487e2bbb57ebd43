internal import Names
package import QUICEngine
package import TLSEngine
package import TestAuthority

/// Certificates and addresses that the tests of QUIC share.
package enum Contexts {
    /// The authority that good servers are of.
    package static let authority = Result { try Authority() }

    package static func server(
        _ change: (inout TLSSettings) -> Void = { _ in }, names: String? = nil
    ) throws -> QUICContext {
        var settings = TLSSettings()
        let authority = try authority.get()
        settings.identity = try names.map { try authority.issue($0).identity } ?? leaf.get().identity
        change(&settings)
        return try QUICContext(TLSContext(.server, settings))
    }

    package static let leaf = Result { try authority.get().issue() }

    package static func client(_ change: (inout TLSSettings) -> Void = { _ in }) throws -> QUICContext {
        var settings = TLSSettings()
        settings.trust = .certificates(pem: try authority.get().pem)
        change(&settings)
        return try QUICContext(TLSContext(.client, settings))
    }

    /// 192.0.2.`host`, of the block for examples.
    package static func address(_ host: UInt8, port: UInt16) -> QUICAddress {
        guard let ip = IPAddress(bytes: [192, 0, 2, host]) else { fatalError("four bytes are an address") }
        return QUICAddress(ip, port: port)
    }

    /// From the client's side.
    package static let path = QUICPath(local: address(1, port: 40_000), remote: address(2, port: 443))
}
