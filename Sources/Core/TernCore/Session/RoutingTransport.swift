/// Sends each exchange over the transport that is mounted at the longest prefix of its URL: one backend for this host,
/// another for that path, a mock for a third.
///
///     let transport = try RoutingTransport(mounts: [
///         "https://": AnyTransport(CurlTransport()),
///         "https://api.example/v2/": AnyTransport(MockTransport { _ in .json("{}") }),
///     ])
///
/// A prefix ends at the boundary of a part: `https://api.example` is neither `https://api.example.evil` nor
/// `https://api.example:8443`, and `/v2` is not `/v20`. A URL below no prefix is refused before anything is sent.
/// Redirects go where their own URL leads. Shutting it down shuts down all that is mounted.
public struct RoutingTransport: Transport {
    private struct Mount: Sendable {
        let scheme: String
        /// Host and port, as in ``HTTPURL/authority``; `nil` for all of the scheme.
        let authority: String?
        let path: String
        let transport: AnyTransport

        func matches(_ url: HTTPURL) -> Bool {
            guard scheme == "\(url.scheme)" || scheme == "all" else { return false }
            guard let authority else { return true }
            return authority == url.authority && (path == "/" || CookieScope.matches(url.path, cookiePath: path))
        }

        /// Longer is more specific: a path counts within its host, a host within its scheme.
        var length: Int { scheme.utf8.count + (authority.map { $0.utf8.count + path.utf8.count } ?? 0) }
    }
    private let mounts: [Mount]

    /// Transports by prefix: `https://`, `https://host`, `https://host:8443/path`, or `all://` for whatever nothing else
    /// matches. Throws ``HTTPURLError`` for a prefix that is none of these.
    public init(mounts: [String: AnyTransport]) throws(HTTPURLError) {
        var made: [Mount] = []
        for (prefix, transport) in mounts {
            let name = prefix.prefix { $0 != ":" }.lowercased()
            if prefix.dropFirst(name.count) == "://", ["http", "https", "all"].contains(name) {
                made.append(Mount(scheme: name, authority: nil, path: "/", transport: transport))
            } else {
                let url = try HTTPURL(prefix)
                made.append(
                    Mount(scheme: "\(url.scheme)", authority: url.authority, path: url.path, transport: transport))
            }
        }
        // The longest first; of two that are as long, no URL matches both.
        self.mounts = made.sorted { $0.length > $1.length }
    }

    /// The transport for `url`; `nil` if none is mounted for it.
    public func transport(for url: HTTPURL) -> AnyTransport? { mounts.first { $0.matches(url) }?.transport }

    /// What all that is mounted can do. Each transport checks for itself what it is given.
    public func capabilities(over protocols: ProtocolSet) -> Capabilities {
        let all = mounts.map { $0.transport.capabilities(over: protocols) }
        guard let first = all.first else { return Capabilities(features: []) }
        let features = all.dropFirst().reduce(first.features) { $0.intersection($1.features) }
        return Capabilities(features: features, gaps: all.flatMap(\.gaps))
    }

    public func send(_ exchange: Exchange) async throws(TransportError) -> TransportResponse {
        guard let transport = transport(for: exchange.request.url) else {
            throw TransportError(
                .unsupported, phase: .input, retrySafety: .notSent, endpoint: exchange.route.origin.description,
                message: "no transport is mounted for \(exchange.route.origin)")
        }
        return try await transport.send(exchange)
    }

    public func shutdown(by deadline: Instant?) async {
        await withTaskGroup { group in
            for mount in mounts { group.addTask { await mount.transport.shutdown(by: deadline) } }
        }
    }
}
