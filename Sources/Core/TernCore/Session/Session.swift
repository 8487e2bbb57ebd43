/// Sends HTTP requests over a transport: the verbs, and what surrounds them.
///
///     let session = Session(transport: transport)
///     let birds = try await session.get("https://birds.example/terns", params: ["page": 2]).checkStatus()
///
/// A session may be used from any task, many at once. It owns the transport that it was made with by
/// `Session(owning:)`, and closes it in ``close(by:)``; one that was given with `Session(transport:)` belongs to who
/// made it. Dropping a session without closing it cancels nothing that is under way, and frees what it owns after.
public final class Session<T: Transport>: Sendable {
    /// What carries the exchanges.
    public let transport: T
    private let isOwner: Bool
    /// Does the work, without being generic.
    let core: SessionCore

    /// Changes settings for one call. Called once, before anything else happens.
    public typealias Override = (inout SessionConfiguration) -> Void

    /// A session over a transport that belongs to somebody else.
    public convenience init(transport: T, configuration: SessionConfiguration = SessionConfiguration()) {
        self.init(transport, isOwner: false, configuration)
    }

    /// A session that closes `transport` when it is closed.
    public convenience init(owning transport: T, configuration: SessionConfiguration = SessionConfiguration()) {
        self.init(transport, isOwner: true, configuration)
    }

    private init(_ transport: T, isOwner: Bool, _ configuration: SessionConfiguration) {
        self.transport = transport
        self.isOwner = isOwner
        core = SessionCore(transport, configuration)
    }

    /// The settings for the calls that follow. Reading and then writing is not atomic: use ``configure(_:)``.
    public var configuration: SessionConfiguration {
        get { core.settings.configuration }
        set { core.configure { $0 = newValue } }
    }

    /// Changes the settings for the calls that follow, in one step. `change` must not use the session.
    public func configure(_ change: (inout SessionConfiguration) throws -> Void) rethrows {
        try core.configure(change)
    }

    /// Fields for every request: for set-up. Changing them is not atomic; ``configure(_:)`` is.
    public var headers: Headers {
        get { core.settings.configuration.headers }
        set { core.configure { $0.headers = newValue } }
    }

    /// Where cookies are kept: those of the configuration. Several sessions may share one.
    public var cookies: (any CookieStorage)? {
        get { core.settings.configuration.cookies }
        set { core.configure { $0.cookies = newValue } }
    }

    /// A session with other settings that shares transport, connections, cookies and everything else. Closing it
    /// closes nothing but itself.
    public func with(_ change: (inout SessionConfiguration) throws -> Void) rethrows -> Session {
        var configuration = self.configuration
        try change(&configuration)
        return Session(transport: transport, configuration: configuration)
    }

    /// Refuses new calls with ``TransportError/Code/closed``. If the session owns the transport, shuts that down:
    /// lets the calls under way end, and cancels what is left at `deadline` on the session's clock; `nil` waits as
    /// long as it takes.
    public func close(by deadline: Instant? = nil) async {
        core.refuseCalls()
        if isOwner { await transport.shutdown(by: deadline) }
    }
}
