import Synchronization

/// What is known of proxies that ask who one is: the routes whose tunnels they have let through, and the
/// authenticators made of the credentials in ``ProxyOptions``.
final class ProxyMemory: Sendable {
    /// A route whose proxy is told `value` with CONNECT.
    struct Tunnel: Sendable {
        let route: Route
        let value: String
    }

    /// Whose credentials a route was opened with. Two authenticators that are values have no identity: theirs are not
    /// kept, and need not be where they always say the same.
    private struct Key: Hashable {
        let route: Route
        let owner: ObjectIdentifier

        init?(_ route: Route, _ authenticator: any ProxyAuthenticator) {
            guard type(of: authenticator) is AnyClass else { return nil }
            self.route = route
            owner = ObjectIdentifier(authenticator as AnyObject)
        }
    }

    /// Holds the owner, so that its identity is not given to another.
    private struct Kept {
        let tunnel: Tunnel
        let owner: any ProxyAuthenticator
    }

    private struct State {
        var tunnels: [Key: Kept] = [:]
        var fallbacks: [Credentials: AnyAuth] = [:]
    }
    private let state = Mutex(State())

    /// Routes remembered: a crawler's session must not grow without bound.
    private static let limit = 1_024

    /// Whether no proxy has asked yet.
    var isEmpty: Bool { state.withLock { $0.fallbacks.isEmpty } }

    /// The tunnel that was let through last in place of `route`, in the name of `authenticator`.
    func tunnel(for route: Route, of authenticator: any ProxyAuthenticator) -> Tunnel? {
        Key(route, authenticator).flatMap { key in state.withLock { $0.tunnels[key]?.tunnel } }
    }

    func keep(_ tunnel: Tunnel, for route: Route, of authenticator: any ProxyAuthenticator) {
        guard let key = Key(route, authenticator) else { return }
        state.withLock { state in
            if state.tunnels.count >= Self.limit, state.tunnels[key] == nil { state.tunnels.removeAll() }
            state.tunnels[key] = Kept(tunnel: tunnel, owner: authenticator)
        }
    }

    /// Drops a tunnel that is refused now.
    func forget(_ tunnel: Tunnel, for route: Route, of authenticator: any ProxyAuthenticator) {
        guard let key = Key(route, authenticator) else { return }
        state.withLock { state in
            if state.tunnels[key]?.tunnel.value == tunnel.value { state.tunnels[key] = nil }
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
