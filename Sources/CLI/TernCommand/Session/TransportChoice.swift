import Tern

/// The transports that `--transport` names. A new one gets a line in `all` and one in `make`.
enum TransportChoice {
    static let all = ["auto", "curl", "h2", "quic"]

    /// For help and messages.
    static var names: String { all.dropLast().joined(separator: ", ") + " or " + (all.last ?? "") }

    /// Makes the transport that is called `name`; its threads start with the first exchange.
    static func make(_ name: String, _ invocation: Invocation, pool: PoolLimits = PoolLimits()) throws -> AnyTransport {
        switch name {
        case "auto": AnyTransport(AutomaticTransport(configuration: automatic(invocation, pool)))
        case "curl": AnyTransport(CurlTransport(configuration: .init(pool: pool)))
        case "h2": AnyTransport(NativeH2Transport(configuration: .init(pool: pool)))
        case "quic": AnyTransport(QUICTransport(configuration: quic(pool)))
        default: throw UsageError("--transport: there is no '\(name)' here; try \(names)")
        }
    }

    /// What tells the transport of one invocation from another's, where several share what is equal.
    static func key(_ invocation: Invocation) -> String {
        guard invocation.transport == "auto" else { return invocation.transport }
        return "auto \(invocation.assumesHTTP3) \(invocation.altSvc ?? "")"
    }

    private static func automatic(_ invocation: Invocation, _ pool: PoolLimits) -> AutomaticTransport.Configuration {
        var configuration = AutomaticTransport.Configuration(assumesHTTP3: invocation.assumesHTTP3)
        // As with curl, no name is a cache in memory.
        if let file = invocation.altSvc, !file.isEmpty {
            configuration.cache = FileAltSvcCache(readingNow: file)
        }
        configuration.pool = pool
        return configuration
    }

    private static func quic(_ pool: PoolLimits) -> QUICTransport.Configuration {
        var configuration = QUICTransport.Configuration()
        configuration.pool = pool
        return configuration
    }
}
