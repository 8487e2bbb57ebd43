/// Sees the phases of every exchange of a session, from `queued` to `done`, on every hop and attempt.
///
///     session.configure { $0.observers.append(.events { event, request in print(event.phase, request) }) }
///
/// Where ``Hook`` tells what HTTP does, this tells what the transport does. What it sees it cannot change.
public protocol EventObserver: Sendable {
    /// `event` happened to the exchange that carries `request`, the attempt's own. Called on the transport's thread:
    /// never block.
    func observe(_ event: borrowing ExchangeEvent, of request: Request)
}

/// An observer made of a closure.
public struct ClosureObserver: EventObserver {
    /// What is called for each event.
    public typealias Body = @Sendable (_ event: borrowing ExchangeEvent, _ request: Request) -> Void
    private let body: Body

    /// An observer that calls `body`.
    public init(_ body: @escaping Body) { self.body = body }

    public func observe(_ event: borrowing ExchangeEvent, of request: Request) { body(event, request) }
}

extension EventObserver where Self == ClosureObserver {
    /// Calls `body` for each event, on the transport's thread: never block.
    public static func events(_ body: @escaping ClosureObserver.Body) -> ClosureObserver { ClosureObserver(body) }
}
