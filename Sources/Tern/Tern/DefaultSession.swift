extension Session where T == CurlTransport {
    /// A session over a transport of its own, which it shuts down in ``close(by:)`` or when it is dropped.
    public convenience init(configuration: SessionConfiguration = SessionConfiguration()) {
        self.init(owning: CurlTransport(), configuration: configuration)
    }
}
