import Synchronization
import TernCore

/// The sessions of a batch, one for each transport that a line names: they share cookies, credentials and all other
/// settings, and each transport's connections are shared by all lines that use it.
final class BatchSessions: Sendable {
    let configuration: SessionConfiguration
    let defaultMethod: HTTPRequest.Method?
    private let invocation: Invocation
    private let shared = SharedState()
    private let transports = Mutex<[String: AnyTransport]>([:])

    init(_ invocation: Invocation) async throws {
        self.invocation = invocation
        configuration = try await SessionSetup.batchConfiguration(invocation, shared)
        defaultMethod = try invocation.method.map { try RequestBuilder.method($0) }
        _ = try transport(named: invocation.transport)
    }

    /// The transport that the command line names.
    var defaultTransport: String { invocation.transport }

    func transport(named name: String) throws -> AnyTransport {
        if let known = transports.withLock({ $0[name] }) { return known }
        let made = try TransportChoice.make(name, invocation)
        return transports.withLock { transports in
            let transport = transports[name] ?? made
            transports[name] = transport
            return transport
        }
    }

    /// Writes what is to be kept, and ends all transports.
    func close() async {
        await shared.writeCookies(of: invocation)
        for transport in transports.withLock({ Array($0.values) }) {
            await transport.shutdown(by: SystemClock().now.advanced(by: .seconds(1)))
        }
    }
}
