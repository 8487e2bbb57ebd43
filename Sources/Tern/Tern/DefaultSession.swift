/// The session that ``Session/init(configuration:)`` makes: over the transport that this module chooses.
public typealias DefaultSession = Session<AutomaticTransport>

extension Session where T == AutomaticTransport {
    /// A session over a transport of its own, which it shuts down in ``close(by:)`` or when it is dropped: HTTP/3 where it
    /// is known and alive, else HTTP/2 or HTTP/1.1.
    public convenience init(configuration: SessionConfiguration = SessionConfiguration()) {
        self.init(owning: AutomaticTransport(), configuration: configuration)
    }
}

extension BlockingSession where T == AutomaticTransport {
    /// A blocking session over a transport of its own.
    public init(configuration: SessionConfiguration = SessionConfiguration()) {
        self.init(Session(configuration: configuration))
    }
}
