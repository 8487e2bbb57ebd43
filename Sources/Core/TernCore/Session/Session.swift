import Synchronization

/// Sends HTTP requests over a transport: the verbs, and what surrounds them.
///
/// A session may be used from any task, many at once. It owns the transport that it was made with by
/// `Session(owning:)`, and closes it in ``close(by:)``; one that was given with `Session(transport:)` belongs to who
/// made it. Dropping a session without closing it cancels nothing that is under way, and frees what it owns after.
public final class Session<T: Transport>: Sendable {
    /// What carries the exchanges.
    public let transport: T
    private let isOwner: Bool
    private let settings: Mutex<Settings>

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
        settings = Mutex(Settings(configuration))
    }

    /// The settings for the calls that follow. Reading and then writing is not atomic: use ``configure(_:)``.
    public var configuration: SessionConfiguration {
        get { current.configuration }
        set { settings.withLock { $0 = Settings(newValue) } }
    }

    /// Changes the settings for the calls that follow, in one step.
    public func configure(_ change: (inout SessionConfiguration) throws -> Void) rethrows {
        try settings.withLock { settings in
            var configuration = settings.configuration
            try change(&configuration)
            settings = Settings(configuration)
        }
    }

    /// Fields for every request: for set-up. Changing them is not atomic; ``configure(_:)`` is.
    public var headers: HTTPFields {
        get { current.configuration.headers }
        set { configure { $0.headers = newValue } }
    }

    /// A session with other settings that shares transport, connections, cookies and everything else. Closing it
    /// closes nothing.
    public func with(_ change: (inout SessionConfiguration) throws -> Void) rethrows -> Session {
        var configuration = self.configuration
        try change(&configuration)
        return Session(transport: transport, configuration: configuration)
    }

    /// Shuts the transport down if the session owns it: refuses new calls, lets those under way end, and cancels what
    /// is left at `deadline` on the session's clock; `nil` waits as long as it takes.
    public func close(by deadline: Instant? = nil) async {
        if isOwner { await transport.shutdown(by: deadline) }
    }

    /// The settings in force now.
    var current: Settings { settings.withLock { $0 } }
}
