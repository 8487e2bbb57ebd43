/// What a transport can do over given protocols, and why it cannot do the rest.
public struct Capabilities: Sendable, Hashable {
    /// What is there.
    public var features: Feature
    /// What is not there, each with its reason: a library's function and version, say.
    public var gaps: [Gap]

    /// A missing feature and the reason.
    public struct Gap: Sendable, Hashable {
        /// What is missing.
        public var feature: Feature
        /// Why: a sentence that names what lacks it.
        public var reason: String
        /// One gap; `reason` is a sentence that names what lacks the feature.
        public init(_ feature: Feature, _ reason: String) {
            self.feature = feature
            self.reason = reason
        }
    }

    /// Capabilities with `features`, and `gaps` to explain what is missing.
    public init(features: Feature, gaps: [Gap] = []) {
        self.features = features
        self.gaps = gaps
    }

    /// Whether all of `feature` is there.
    public func has(_ feature: Feature) -> Bool { features.isSuperset(of: feature) }

    /// Throws ``TransportError/Code/unsupported`` with the reason if `exchange` needs what is missing here. Every
    /// transport calls it before it sends a byte.
    public func check(_ exchange: Exchange) throws(TransportError) {
        let missing = exchange.requiredFeatures.subtracting(features)
        guard !missing.isEmpty else { return }
        let reasons = gaps.filter { !$0.feature.isDisjoint(with: missing) }.map(\.reason)
        throw TransportError(
            .unsupported, phase: .queue, retrySafety: .notSent, endpoint: exchange.route.origin.description,
            message: "the request needs \(missing), which this transport lacks over "
                + "\(exchange.route.connect.protocols)"
                + (reasons.isEmpty ? "" : ": " + reasons.joined(separator: "; ")))
    }
}

/// Things that transports may or may not be able to do.
public struct Feature: OptionSet, Sendable, Hashable, CustomStringConvertible {
    /// One bit a feature.
    public let rawValue: UInt64
    /// Features by their bits.
    public init(rawValue: UInt64) { self.rawValue = rawValue }
    private init(bit: UInt64) { rawValue = 1 << bit }

    // Protocols
    /// HTTP/1.1 (RFC 9112).
    public static let http1 = Feature(bit: 0)
    /// HTTP/2 over TLS (RFC 9113).
    public static let http2 = Feature(bit: 1)
    /// HTTP/2 in clear text without asking first (RFC 9113 §3.3).
    public static let http2PriorKnowledge = Feature(bit: 2)
    /// HTTP/3 (RFC 9114).
    public static let http3 = Feature(bit: 3)
    // Messages
    /// A request body is sent while it is made.
    public static let streamedUpload = Feature(bit: 8)
    /// A response body is read while it comes.
    public static let streamedResponse = Feature(bit: 9)
    /// Fields after the request body (RFC 9110 §6.5).
    public static let requestTrailers = Feature(bit: 10)
    /// Fields after the response body.
    public static let responseTrailers = Feature(bit: 11)
    /// 1xx responses are told.
    public static let informationalResponses = Feature(bit: 12)
    /// `Expect: 100-continue` (RFC 9110 §10.1.1).
    public static let expectContinue = Feature(bit: 13)
    /// Request and response bodies flow at the same time.
    public static let fullDuplex = Feature(bit: 14)
    /// ``RateCaps`` are kept.
    public static let rateCaps = Feature(bit: 15)
    /// 0-RTT data (RFC 8470).
    public static let earlyData = Feature(bit: 16)
    /// HEAD with content, for which RFC 9110 §9.3.2 defines no meaning.
    public static let contentWithHead = Feature(bit: 17)
    /// ``ExchangeOptions/keepsTransferCodings``.
    public static let rawTransferCodings = Feature(bit: 18)
    // TLS
    /// `https:` URLs.
    public static let tls = Feature(bit: 24)
    /// ``Trust/certificates(pem:)``.
    public static let trustInMemory = Feature(bit: 25)
    /// ``Trust/directory(_:)``.
    public static let trustDirectory = Feature(bit: 26)
    /// A client certificate from files.
    public static let clientCertificate = Feature(bit: 27)
    /// A client certificate from memory.
    public static let clientCertificateInMemory = Feature(bit: 28)
    /// ``Pin/publicKey(sha256:)``.
    public static let publicKeyPins = Feature(bit: 29)
    /// ``Pin/certificate(sha256:)``.
    public static let certificatePins = Feature(bit: 30)
    /// ``TLSOptions/serverName``.
    public static let serverNameOverride = Feature(bit: 31)
    /// ``TLSOptions/keyLogFile``.
    public static let keyLog = Feature(bit: 32)
    // Ways to the server
    /// HTTP proxies.
    public static let httpProxy = Feature(bit: 40)
    /// HTTP proxies inside TLS.
    public static let httpsProxy = Feature(bit: 41)
    /// SOCKS 4 and 4a proxies.
    public static let socks4Proxy = Feature(bit: 42)
    /// SOCKS 5 proxies (RFC 1928).
    public static let socks5Proxy = Feature(bit: 43)
    /// ``ConnectOptions/unixSocket``.
    public static let unixSocket = Feature(bit: 44)
    /// ``ConnectOptions/localAddress``.
    public static let localAddress = Feature(bit: 45)
    /// ``ConnectOptions/interface``.
    public static let interface = Feature(bit: 46)
    /// ``ConnectOptions/overrides``.
    public static let addressOverrides = Feature(bit: 47)
    /// ``ConnectOptions/rules``.
    public static let addressRules = Feature(bit: 48)
    /// ``ConnectOptions/resolver``.
    public static let customResolver = Feature(bit: 49)
    // Knowledge
    /// GOAWAY and REFUSED_STREAM give ``RetrySafety/notSent`` where the RFC says so.
    public static let exactRetrySafety = Feature(bit: 56)
    /// Memory held for stalled readers is bounded by ``Limits/unreadBody`` for each.
    public static let boundedUnreadBody = Feature(bit: 57)

    /// Every feature with its name, in the order of their bits.
    public static let named: [(feature: Feature, name: String)] = [
        (.http1, "HTTP/1.1"), (.http2, "HTTP/2"), (.http2PriorKnowledge, "HTTP/2 by prior knowledge"),
        (.http3, "HTTP/3"), (.streamedUpload, "streamed uploads"), (.streamedResponse, "streamed responses"),
        (.requestTrailers, "request trailers"), (.responseTrailers, "response trailers"),
        (.informationalResponses, "1xx responses"), (.expectContinue, "Expect: 100-continue"),
        (.fullDuplex, "full duplex"), (.rateCaps, "rate caps"), (.earlyData, "early data"),
        (.contentWithHead, "content with HEAD"), (.rawTransferCodings, "transfer codings as they came"), (.tls, "TLS"),
        (.trustInMemory, "a CA in memory"), (.trustDirectory, "a CA directory"),
        (.clientCertificate, "client certificates"), (.clientCertificateInMemory, "client certificates in memory"),
        (.publicKeyPins, "public key pins"), (.certificatePins, "certificate pins"),
        (.serverNameOverride, "another server name"), (.keyLog, "a TLS key log"), (.httpProxy, "HTTP proxies"),
        (.httpsProxy, "HTTPS proxies"), (.socks4Proxy, "SOCKS4 proxies"), (.socks5Proxy, "SOCKS5 proxies"),
        (.unixSocket, "Unix sockets"), (.localAddress, "a local address"), (.interface, "a network interface"),
        (.addressOverrides, "address overrides"), (.addressRules, "address rules"),
        (.customResolver, "an own resolver"), (.exactRetrySafety, "exact retry safety"),
        (.boundedUnreadBody, "bounded memory for stalled readers"),
    ]

    /// The features by name, for messages.
    public var description: String {
        Feature.named.filter { contains($0.feature) }.map(\.name).joined(separator: ", ")
    }
}
