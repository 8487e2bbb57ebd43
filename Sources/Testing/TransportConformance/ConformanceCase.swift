public import TransportCore

/// One rule of ``Transport``, as something to do and to look at: a value with a name, what it needs, and the deed.
///
/// It imports no test framework: it fails by throwing ``ConformanceFailure``.
public struct ConformanceCase: Sendable, CustomStringConvertible {
    /// Its name, which stays: `truncation.length`.
    public let name: String
    /// What must hold, in a sentence.
    public let rule: String
    /// What a transport must be able to do for it to make sense.
    public let needs: Feature
    /// The ways over which it is run.
    public let ways: [ConformanceWay]
    let deed: @Sendable (Trial) async throws -> Void

    /// A rule. `deed` throws where it does not hold.
    public init(
        _ name: String, _ rule: String, needs: Feature = [], over ways: [ConformanceWay] = ConformanceWay.allCases,
        _ deed: @escaping @Sendable (Trial) async throws -> Void
    ) {
        self.name = name
        self.rule = rule
        self.needs = needs
        self.ways = ways
        self.deed = deed
    }

    /// The name.
    public var description: String { name }

    /// Every rule, in the order of the matrix.
    public static let all: [ConformanceCase] =
        answers + delivery + requests + framing + truncation + informational + uploads + cancelling + timeouts
        + connections + streams + hostile + floods + trust + proxies + addresses + life
}

/// A version of HTTP and how it is reached.
public enum ConformanceWay: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    /// HTTP/1.1 in clear text.
    case http1 = "HTTP/1.1"
    /// HTTP/1.1 over TLS.
    case http1TLS = "HTTP/1.1 over TLS"
    /// HTTP/2 in clear text, by prior knowledge.
    case http2 = "HTTP/2 in clear text"
    /// HTTP/2 over TLS.
    case http2TLS = "HTTP/2 over TLS"
    /// HTTP/3.
    case http3 = "HTTP/3"

    /// Its name.
    public var description: String { rawValue }

    /// The protocols that an exchange over it allows.
    public var protocols: ProtocolSet {
        switch self {
        case .http1, .http1TLS: .http1
        case .http2: .http2PriorKnowledge
        case .http2TLS: .http2
        case .http3: .http3
        }
    }

    /// What a transport must be able to do for it.
    public var needs: Feature {
        switch self {
        case .http1: .http1
        case .http1TLS: [.http1, .tls]
        case .http2: .http2PriorKnowledge
        case .http2TLS: [.http2, .tls]
        case .http3: .http3
        }
    }

    /// Whether it is HTTP/1.1.
    public var isHTTP1: Bool { self == .http1 || self == .http1TLS }
    /// Whether it is HTTP/2.
    public var isHTTP2: Bool { self == .http2 || self == .http2TLS }
    /// Whether it is inside TLS.
    public var isTLS: Bool { self != .http1 && self != .http2 }
    /// The version of HTTP.
    public var version: TransportCore.HTTPVersion { isHTTP1 ? .http11 : isHTTP2 ? .http2 : .http3 }

    /// Those of HTTP/1.1.
    public static let allHTTP1: [ConformanceWay] = [.http1, .http1TLS]
    /// Those of HTTP/2.
    public static let allHTTP2: [ConformanceWay] = [.http2, .http2TLS]
    /// Those with streams: HTTP/2 and 3.
    public static let multiplexed: [ConformanceWay] = [.http2, .http2TLS, .http3]
    /// Those inside TLS.
    public static let secure: [ConformanceWay] = [.http1TLS, .http2TLS, .http3]
    /// One of each version in clear text or, where there is none, over TLS: for rules that TLS does not change.
    public static let onePerVersion: [ConformanceWay] = [.http1, .http2, .http3]
    /// Those over TCP: where a server can say what no engine would.
    public static let tcp: [ConformanceWay] = [.http1, .http1TLS, .http2, .http2TLS]
    /// Those over TCP inside TLS.
    public static let secureTCP: [ConformanceWay] = [.http1TLS, .http2TLS]
}

/// A rule that did not hold: what was expected, and what was seen.
public struct ConformanceFailure: Error, Sendable, CustomStringConvertible {
    /// What was expected, and what was seen.
    public var message: String
    /// A failure with its words.
    public init(_ message: String) { self.message = message }
    /// The message.
    public var description: String { message }
}
