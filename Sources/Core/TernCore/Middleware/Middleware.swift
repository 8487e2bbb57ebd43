/// A link of the chain that every call passes through.
///
/// Call `next` to go on: once, several times (to try again), or not at all (to answer yourself). A link sits in one
/// of two positions (``SessionConfiguration``): around the whole call, or around each attempt, below retry. What it
/// throws reaches the caller as ``HTTPError`` of kind ``HTTPError/Kind/middleware(_:)``, unless it is a
/// ``TransportError`` or an ``HTTPError`` already.
public protocol Middleware: Sendable {
    /// Handles one request.
    func intercept(_ request: Request, _ next: Next) async throws -> TransportResponse
}

/// The rest of the chain, below a link.
public struct Next: Sendable {
    /// Sees the events of an exchange. Called on the transport's thread: never block.
    public typealias Observer = @Sendable (borrowing ExchangeEvent) -> Void

    /// The call that the request belongs to.
    public let call: Call
    private let position: Int
    private let observer: Observer?
    private let way: Way?

    init(call: Call, position: Int = 0, observer: Observer? = nil, way: Way? = nil) {
        self.call = call
        self.position = position
        self.observer = observer
        self.way = way
    }

    /// Passes `request` on to the next link, or to the transport after the last one.
    public func callAsFunction(_ request: Request) async throws -> TransportResponse {
        let chain = call.settings.chain
        guard position < chain.count else { return try await call.transmit(request, observer, way) }
        return try await chain[position].intercept(
            request, Next(call: call, position: position + 1, observer: observer, way: way))
    }

    /// The same rest of the chain, whose exchanges `observer` sees, after those above it: for a link that wants to
    /// know to which of its requests an event belongs. ``Call/observe(_:)`` sees all exchanges of a call.
    public func observing(_ observer: @escaping Observer) -> Next {
        guard let outer = self.observer else {
            return Next(call: call, position: position, observer: observer, way: way)
        }
        return Next(
            call: call, position: position,
            observer: { event in
                outer(event)
                observer(event)
            }, way: way)
    }

    /// The same rest of the chain, whose exchanges go another way than the settings say.
    func over(_ change: (inout Way.Choice) -> Void) -> Next {
        var choice = way?.choice ?? Way.Choice()
        change(&choice)
        return Next(call: call, position: position, observer: observer, way: Way(choice))
    }
}
