import CCurl
import TransportCore

/// What the installed libcurl can do, found at run time.
enum CurlCapabilities {
    /// The protocols that this transport has, of those in `protocols`.
    static func usable(_ protocols: ProtocolSet) -> ProtocolSet {
        var all: ProtocolSet = .http1
        if hasHTTP2 { all.formUnion([.http2, .http2PriorKnowledge]) }
        return protocols.intersection(all)
    }

    /// Features and gaps, whichever of `protocols` is chosen in the end. A wish that only HTTP/1.1 can grant pins it
    /// where it is allowed, and so is no gap.
    static func over(_ protocols: ProtocolSet) -> Capabilities {
        Capabilities(features: features(over: protocols), gaps: gaps(over: protocols))
    }

    /// The features alone: what each exchange is checked against.
    static func features(over protocols: ProtocolSet) -> Feature {
        let protocols = usable(protocols)
        guard !protocols.isEmpty else { return [] }
        return protocols.contains(.http1) ? withHTTP1 : withoutHTTP1
    }

    /// Wishes that HTTP/1.1 alone can grant: an exchange that has one is sent over HTTP/1.1.
    static let onlyOverHTTP1: Feature = [.requestTrailers, .expectContinue]

    private static let hasHTTP2 = CurlLibrary.has(CURL_VERSION_HTTP2)
    private static let usesOpenSSL = CurlLibrary.tlsVersion.hasPrefix("OpenSSL/")

    private static let always: Feature = {
        var features: Feature = [
            .http1, .streamedUpload, .streamedResponse, .responseTrailers, .informationalResponses, .fullDuplex,
            .rateCaps, .rawTransferCodings, .httpProxy, .socks4Proxy, .socks5Proxy, .localAddress, .interface,
            .addressOverrides,
            .addressRules, .customResolver,
        ]
        if hasHTTP2 { features.formUnion([.http2, .http2PriorKnowledge]) }
        if CurlLibrary.has(CURL_VERSION_UNIX_SOCKETS) { features.insert(.unixSocket) }
        guard CurlLibrary.has(CURL_VERSION_SSL) else { return features }
        features.formUnion([.tls, .trustInMemory, .trustDirectory, .clientCertificate, .clientCertificateInMemory])
        features.formUnion([.publicKeyPins, .serverNameOverride])
        if usesOpenSSL { features.formUnion([.certificatePins, .keyLog]) }
        if CurlLibrary.has(CURL_VERSION_HTTPS_PROXY) { features.insert(.httpsProxy) }
        return features
    }()
    private static let withHTTP1 = always.union(onlyOverHTTP1)
    private static let withoutHTTP1 = always

    private static func gaps(over protocols: ProtocolSet) -> [Capabilities.Gap] {
        let curl = "libcurl \(CurlLibrary.version)"
        var gaps = [
            Capabilities.Gap(.http3, "\(curl) is used here without HTTP/3"),
            Capabilities.Gap(.earlyData, "\(curl) has no option for TLS early data"),
            Capabilities.Gap(.contentWithHead, "\(curl): CURLOPT_NOBODY leaves no way to send a body with HEAD"),
            Capabilities.Gap(
                .exactRetrySafety,
                "\(curl): CURLE_HTTP2_STREAM and its silent retry do not tell GOAWAY and "
                    + "REFUSED_STREAM from other ends of a stream"),
            Capabilities.Gap(
                .boundedUnreadBody,
                "\(curl): curl_easy_pause leaves the HTTP/2 stream window at 32 MiB, and no option "
                    + "makes it smaller"),
        ]
        if !usable(protocols).contains(.http1) {
            gaps.append(
                .init(
                    .requestTrailers,
                    "\(curl): CURLOPT_TRAILERFUNCTION is ignored on HTTP/2, and HTTP/1.1 is not allowed"))
            gaps.append(
                .init(
                    .expectContinue,
                    "\(curl): CURLOPT_EXPECT_100_TIMEOUT_MS is ignored on HTTP/2, and HTTP/1.1 is not allowed"))
        }
        let optional: [(Feature, String)] = [
            ([.http2, .http2PriorKnowledge], "was built without HTTP/2 (CURL_VERSION_HTTP2)"),
            (.unixSocket, "was built without Unix sockets (CURL_VERSION_UNIX_SOCKETS)"),
            (.tls, "was built without TLS (CURL_VERSION_SSL)"),
            (.httpsProxy, "was built without HTTPS proxies (CURL_VERSION_HTTPS_PROXY)"),
            (
                [.certificatePins, .keyLog],
                "was built on \(CurlLibrary.tlsVersion), not on OpenSSL (CURLINFO_TLS_SSL_PTR)"
            ),
        ]
        for (feature, reason) in optional where !always.isSuperset(of: feature) {
            gaps.append(.init(feature, "\(curl) \(reason)"))
        }
        return gaps
    }
}
