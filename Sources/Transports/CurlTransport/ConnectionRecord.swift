import Driving
import TransportCore

/// The two ends of a connection, as libcurl tells them: addresses as text.
struct ConnectionEnds {
    var remote: String
    var remotePort: Int
    var local: String
    var localPort: Int
}

/// A connection that libcurl has, found again by its local port.
final class ConnectionRecord {
    let info: ConnectionInfo
    /// Why no request may go over it: a pin that does not match, a protocol that is not allowed.
    let refusal: (code: TransportError.Code, message: String)?
    /// How many exchanges it has carried or carries.
    var uses = 0
    /// The socket, where it could be found out.
    let descriptor: Int32?

    /// Looks at a connection that is used for the first time.
    init(_ route: Route, protocols: ProtocolSet, _ easy: Easy, _ ends: ConnectionEnds, descriptor: Int32?) {
        self.descriptor = descriptor
        let isTLS = route.origin.scheme == .https
        let session = isTLS ? easy.tlsSession : nil
        let alpn = session?.alpn
        let version: HTTPVersion =
            isTLS ? (alpn == "h2" ? .http2 : .http11) : (protocols.contains(.http2PriorKnowledge) ? .http2 : .http11)
        let remote: Endpoint? =
            route.connect.unixSocket.map { .unix($0) } ?? ConnectionRecord.endpoint(ends.remote, ends.remotePort)
        info = ConnectionInfo(
            id: ConnectionNumber.next(), version: version,
            local: ConnectionRecord.endpoint(ends.local, ends.localPort), remote: remote, proxy: route.proxy,
            tls: session?.info)
        refusal =
            ConnectionRecord.refusal(version, protocols, isTLS: isTLS, route)
            ?? session.flatMap { ConnectionRecord.refusal($0, route.tls.pins, route) }
    }

    private static func endpoint(_ address: String, _ port: Int) -> Endpoint? {
        IPAddress(address).map { .ip($0, port: port) }
    }

    private static func refusal(
        _ version: HTTPVersion, _ protocols: ProtocolSet, isTLS: Bool, _ route: Route
    ) -> (code: TransportError.Code, message: String)? {
        guard isTLS, version == .http11, !protocols.contains(.http1) else { return nil }
        return (.protocolRefused, "\(route.origin) chose HTTP/1.1 by ALPN, and only \(protocols) is allowed")
    }

    /// Checked here, before the first byte of a request, because libcurl has no pins of certificates, and its pins of
    /// keys could not be had beside them.
    private static func refusal(
        _ session: TLSSession, _ pins: [Pin], _ route: Route
    ) -> (code: TransportError.Code, message: String)? {
        guard !pins.isEmpty else { return nil }
        let key = session.publicKeyDigest
        let certificate = session.certificates.first.map(TLSSession.sha256)
        for pin in pins {
            switch pin {
            case .publicKey(let digest): if digest == key { return nil }
            case .certificate(let digest): if digest == certificate { return nil }
            }
        }
        return (.pinMismatch, "the certificate of \(route.origin) matches none of the \(pins.count) pins")
    }
}
