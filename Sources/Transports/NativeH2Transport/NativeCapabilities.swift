import TransportCore

/// What this transport can do: it depends on nothing but the protocols that are allowed.
enum NativeCapabilities {
    /// The protocols that this transport has.
    static let protocols: ProtocolSet = [.http1, .http2, .http2PriorKnowledge]

    static func over(_ protocols: ProtocolSet) -> Capabilities {
        Capabilities(features: features(over: protocols), gaps: gaps)
    }

    static func features(over protocols: ProtocolSet) -> Feature {
        protocols.isDisjoint(with: NativeCapabilities.protocols) ? [] : features
    }

    private static let features: Feature = [
        .http1, .http2, .http2PriorKnowledge, .streamedUpload, .streamedResponse, .requestTrailers, .responseTrailers,
        .informationalResponses, .expectContinue, .fullDuplex, .rateCaps, .contentWithHead, .tls, .trustInMemory,
        .trustDirectory,
        .clientCertificate, .clientCertificateInMemory, .publicKeyPins, .certificatePins, .serverNameOverride, .keyLog,
        .httpProxy, .httpsProxy, .socks4Proxy, .socks5Proxy, .unixSocket, .localAddress, .interface,
        .addressOverrides, .addressRules, .customResolver, .exactRetrySafety, .boundedUnreadBody,
    ]

    private static let gaps: [Capabilities.Gap] = [
        .init(.http3, "HTTP/3 runs over QUIC, which is another transport"),
        .init(.earlyData, "OpenSSL's early data is not used"),
        .init(.rawTransferCodings, "its HTTP/1.1 takes the chunked coding off as it comes"),
    ]
}
