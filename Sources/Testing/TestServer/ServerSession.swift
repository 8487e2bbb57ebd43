public import TernCore

extension TestServer {
    /// A session over `transport`, which belongs to the caller: it trusts the server's authority, reaches the server
    /// by its names, and relative URLs lead to it.
    public func session<T: Transport>(
        over transport: T, _ change: (inout SessionConfiguration) -> Void = { _ in }
    ) throws -> Session<T> {
        Session(transport: transport, configuration: try sessionConfiguration(change))
    }

    /// The same with a session that closes `transport` when it is closed.
    public func session<T: Transport>(
        owning transport: T, _ change: (inout SessionConfiguration) -> Void = { _ in }
    ) throws -> Session<T> {
        Session(owning: transport, configuration: try sessionConfiguration(change))
    }

    /// Settings of a session that trusts the server's authority and reaches it.
    public func sessionConfiguration(
        _ change: (inout SessionConfiguration) -> Void = { _ in }
    ) throws -> SessionConfiguration {
        var configuration = SessionConfiguration()
        configuration.tls = try tls
        configuration.connect.overrides = overrides
        configuration.baseURL = .resolving(try HTTPURL(url()))
        change(&configuration)
        return configuration
    }
}
