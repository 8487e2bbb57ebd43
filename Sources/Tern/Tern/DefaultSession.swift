/// The session that ``Session/init(configuration:)`` makes: over the transport that this module chooses.
public typealias DefaultSession = Session<CurlTransport>

extension Session where T == CurlTransport {
    /// A session over a transport of its own, which it shuts down in ``close(by:)`` or when it is dropped.
    public convenience init(configuration: SessionConfiguration = SessionConfiguration()) {
        self.init(owning: CurlTransport(), configuration: configuration)
    }
}

extension BlockingSession where T == CurlTransport {
    /// A blocking session over a transport of its own.
    public init(configuration: SessionConfiguration = SessionConfiguration()) {
        self.init(Session(configuration: configuration))
    }
}
