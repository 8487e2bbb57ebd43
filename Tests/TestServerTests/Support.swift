import NativeH2Transport
import QUICTransport
import TernCore
import TestServer
import Testing

/// The ways to speak with a server.
enum Way: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case clear, clearHTTP2, tls, tlsHTTP2, http3

    /// Those over TCP.
    static let tcp: [Way] = [.clear, .clearHTTP2, .tls, .tlsHTTP2]

    var testDescription: String { rawValue }

    var protocols: ProtocolSet {
        switch self {
        case .clear, .tls: .http1
        case .clearHTTP2: .http2PriorKnowledge
        case .tlsHTTP2: .http2
        case .http3: .http3
        }
    }

    var version: TransportCore.HTTPVersion { self == .http3 ? .http3 : isHTTP2 ? .http2 : .http11 }
    var isHTTP2: Bool { self == .clearHTTP2 || self == .tlsHTTP2 }
    var isTLS: Bool { self != .clear && self != .clearHTTP2 }

    private var transport: AnyTransport {
        self == .http3 ? AnyTransport(QUICTransport()) : AnyTransport(NativeH2Transport())
    }

    func url(_ server: TestServer, _ path: String = "/") -> String {
        isTLS ? server.url(path) : server.clearURL(path)
    }

    func session(
        _ server: TestServer, _ change: (inout SessionConfiguration) -> Void = { _ in }
    ) throws -> Session<AnyTransport> {
        try server.session(owning: transport) { configuration in
            configuration.connect.protocols = protocols
            configuration.retry = nil
            configuration.timeouts.total = .seconds(20)
            change(&configuration)
        }
    }
}

extension Session {
    /// The transport's error that a GET ends in.
    func failure(_ url: String, at location: SourceLocation = #_sourceLocation) async throws -> TransportError {
        do {
            let response = try await get(url)
            Issue.record("answered \(response.status)", sourceLocation: location)
            throw CancellationError()
        } catch let error as HTTPError {
            return try #require(error.transportError, "\(error)", sourceLocation: location)
        }
    }
}
