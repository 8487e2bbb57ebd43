import Synchronization

/// What is known of proxies that ask who one is: the routes whose tunnels they have let through, and the
/// authenticators made of the credentials in ``ProxyOptions``.
final class ProxyMemory: Sendable {
    /// A route whose proxy is told `value` with CONNECT.
    struct Tunnel: Sendable {
        let route: Route
        let value: String
    }

    private struct State {
        var tunnels: [Route: Tunnel] = [:]
        var fallbacks: [Credentials: AnyAuth] = [:]
    }
    private let state = Mutex(State())

    /// Routes remembered: a crawler's session must not grow without bound.
    private static let limit = 1_024

    /// Whether no proxy has asked yet.
    var isEmpty: Bool { state.withLock { $0.fallbacks.isEmpty } }

    /// The tunnel that was let through last in place of `route`.
    func tunnel(for route: Route) -> Tunnel? { state.withLock { $0.tunnels[route] } }

    func keep(_ tunnel: Tunnel, for route: Route) {
        state.withLock { state in
            if state.tunnels.count >= Self.limit, state.tunnels[route] == nil { state.tunnels.removeAll() }
            state.tunnels[route] = tunnel
        }
    }

    /// Drops a tunnel that is refused now.
    func forget(_ tunnel: Tunnel, for route: Route) {
        state.withLock { state in
            if state.tunnels[route]?.value == tunnel.value { state.tunnels[route] = nil }
        }
    }

    /// What answers in the name of `credentials`; made when a proxy asks for the first time.
    func fallback(_ credentials: Credentials, isAsked: Bool) -> AnyAuth? {
        state.withLock { state in
            if let known = state.fallbacks[credentials] { return known }
            guard isAsked else { return nil }
            let auth = AnyAuth(credentials)
            state.fallbacks[credentials] = auth
            return auth
        }
    }
}
