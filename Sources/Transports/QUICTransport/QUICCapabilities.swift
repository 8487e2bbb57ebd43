import Driving
import TransportCore

/// What this transport can do: all of it over HTTP/3, nothing over anything else.
enum QUICCapabilities {
    static func over(_ protocols: ProtocolSet) -> Capabilities {
        Capabilities(features: features(over: protocols), gaps: gaps)
    }

    static func features(over protocols: ProtocolSet) -> Feature { protocols.contains(.http3) ? features : [] }

    private static let features: Feature = [
        .http3, .streamedUpload, .streamedResponse, .requestTrailers, .responseTrailers, .informationalResponses,
        .expectContinue, .fullDuplex, .rateCaps, .earlyData, .tls, .trustInMemory, .trustDirectory, .clientCertificate,
        .clientCertificateInMemory, .publicKeyPins, .certificatePins, .serverNameOverride, .keyLog, .localAddress,
        .interface, .addressOverrides, .addressRules, .customResolver, .exactRetrySafety, .boundedUnreadBody,
    ]

    private static let gaps: [Capabilities.Gap] = [
        .init([.http1, .http2, .http2PriorKnowledge], "this transport speaks HTTP/3 alone"),
        .init(
            [.httpProxy, .httpsProxy, .socks4Proxy, .socks5Proxy],
            "QUIC runs over UDP, which these proxies do not carry"),
        .init(.unixSocket, "QUIC runs over UDP, and a Unix socket is none"),
    ]

    /// Refuses, before anything is done, what this transport cannot do.
    static func check(_ exchange: Exchange) throws(TransportError) {
        let route = exchange.route
        let protocols = route.connect.protocols
        guard exchange.requiredFeatures.isSubset(of: features(over: protocols)) else {
            try over(protocols).check(exchange)
            throw exchange.unsupported("HTTP/3 is not among them")
        }
        guard protocols.contains(.http3) else { throw exchange.unsupported("HTTP/3 is not among them") }
        guard route.origin.scheme == .https else { throw exchange.unsupported("HTTP/3 is for https: URLs alone") }
        if let newest = route.tls.maximumVersion, newest < .tls13 {
            throw exchange.unsupported("QUIC needs TLS 1.3 (RFC 9001 §4.2), and TLS \(newest.rawValue) is the limit")
        }
        if exchange.request.method == .connect { throw exchange.unsupported("tunnels are made for proxies alone") }
    }
}
