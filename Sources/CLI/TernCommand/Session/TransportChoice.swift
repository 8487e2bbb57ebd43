import NativeH2Transport
import QUICTransport
import Tern

/// The transports that `--transport` names. A new one gets a line in `all` and one in `make`.
enum TransportChoice {
    static let all = ["auto", "curl", "h2", "quic"]

    /// For help and messages.
    static var names: String { all.dropLast().joined(separator: ", ") + " or " + (all.last ?? "") }

    /// Makes the transport that is called `name`; its threads start with the first exchange.
    static func make(_ name: String, _ invocation: Invocation, pool: PoolLimits = PoolLimits()) throws -> AnyTransport {
        switch name {
        case "auto", "curl": AnyTransport(CurlTransport(configuration: .init(pool: pool)))
        case "h2": AnyTransport(NativeH2Transport(configuration: .init(pool: pool)))
        case "quic": AnyTransport(QUICTransport(configuration: quic(pool)))
        default: throw UsageError("--transport: there is no '\(name)' here; try \(names)")
        }
    }

    private static func quic(_ pool: PoolLimits) -> QUICTransport.Configuration {
        var configuration = QUICTransport.Configuration()
        configuration.pool = pool
        return configuration
    }
}
