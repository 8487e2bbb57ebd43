import Synchronization

/// A bearer token (RFC 6750) that is fetched when there is none, when its time is over, and when a server refuses it.
///
///     let auth = TokenAuth { refused in
///         let answer = try await session.post(tokens, .form(["refresh_token": saved])).checkStatus()
///         return TokenAuth.Token(…, lifetime: .seconds(3_600))
///     }
///
/// - However many calls want a new token at once, the closure runs once, and all of them go on with what it gives.
/// - A call whose token is refused is sent once more: with the token that somebody else has fetched since, or with a
///   new one. A second 401 in a row stands: there is no circle of refreshing.
/// - What the closure throws ends the calls that wait, in ``HTTPError/Kind/middleware(_:)`` with a
///   ``TokenRefreshError``. So does a token that was refused already. The next call tries anew.
/// - Cancelling a call, or its deadline, ends its waiting, not the closure: a new token that is lost could lock its
///   owner out.
/// - Requests that the closure sends with this very authenticator go out without a token, so that it cannot wait for
///   itself.
///
/// A request that has an `Authorization` field of its own keeps it.
public final class TokenAuth: Authenticator, CustomStringConvertible, CustomReflectable {
    /// A token, and how long it may be used.
    public struct Token: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
        /// What is sent after `Bearer`.
        public var value: String
        /// Counted on the session's clock, from when the token was fetched, or first used; `nil` until it is refused.
        public var lifetime: Duration?

        /// A token.
        public init(_ value: String, lifetime: Duration? = nil) {
            self.value = value
            self.lifetime = lifetime
        }

        /// That there is one; never the token.
        public var description: String { "Token(hidden)" }
        /// A mirror without children, so that `dump` does not show the token.
        public var customMirror: Mirror { Mirror(self, children: [:]) }
    }

    /// Fetches a new token. Is given the one that was refused or has expired; `nil` if there was none.
    public typealias Refresh = @Sendable (_ last: Token?) async throws -> Token

    private struct State {
        var token: Token?
        /// When the token's time is over, once that is known.
        var expires: Instant?
        var flight: Flight<Token>?
        /// Tokens that were replaced, the last few: what a late 401 refused need not be fetched again.
        var replaced: [String] = []
    }

    private let state: Mutex<State>
    private let refresh: Refresh

    /// Whose closure the task belongs to.
    @TaskLocal private static var refreshing: Set<ObjectIdentifier> = []

    private static let replacedLimit = 8

    /// An authenticator that begins with `token`, or fetches one before the first request.
    public init(_ token: Token? = nil, refresh: @escaping Refresh) {
        state = Mutex(State(token: token))
        self.refresh = refresh
    }

    public func authorize(_ request: Request, _ call: Call) async throws -> Request {
        if request.fields.contains(.authorization) || isRefreshing { return request }
        return try request.authorized(by: BearerAuth(token: await usable(call).value).field, call)
    }

    public func answer(_ response: TransportResponse, to request: Request, _ call: Call) async throws -> Request? {
        guard !isRefreshing, call.answeredChallenges == 0, let sent = request.fields[.authorization] else { return nil }
        let (current, isOld) = state.withLock { ($0.token, $0.replaced.contains { sent == "Bearer \($0)" }) }
        var request = request
        request.fields[.authorization] = nil
        if let current, sent == "Bearer \(current.value)" {
            let token = try await refreshed(instead: current, call)
            return try request.authorized(by: BearerAuth(token: token.value).field, call)
        }
        guard isOld else { return nil }
        return try request.authorized(by: BearerAuth(token: await usable(call).value).field, call)
    }

    private var isRefreshing: Bool { Self.refreshing.contains(ObjectIdentifier(self)) }

    /// The token there is, or a new one.
    private func usable(_ call: Call) async throws -> Token {
        let now = call.clock.now
        let (token, isUsable) = state.withLock { state -> (Token?, Bool) in
            guard let token = state.token else { return (nil, false) }
            if state.expires == nil { state.expires = token.lifetime.map { now.advanced(by: $0) } }
            return (token, state.expires.map { now < $0 } ?? true)
        }
        if let token, isUsable { return token }
        return try await refreshed(instead: token, call)
    }

    /// The token that replaces `last`: the one that replaced it already, or the one that is being fetched.
    private func refreshed(instead last: Token?, _ call: Call) async throws -> Token {
        let start = state.withLock { state -> Start in
            if let token = state.token, token.value != last?.value { return .have(token) }
            if let flight = state.flight { return .join(flight) }
            let flight = Flight<Token>()
            state.flight = flight
            return .begin(flight)
        }
        switch start {
        case .have(let token): return token
        case .join(let flight): return try await flight.value()
        case .begin(let flight):
            // A task of its own, which ends with the closure: no single call may cut it off.
            Task { [clock = call.clock] in await fetch(instead: last, for: flight, clock) }
            return try await flight.value()
        }
    }

    private enum Start {
        case have(Token)
        case join(Flight<Token>)
        case begin(Flight<Token>)
    }

    private func fetch(instead last: Token?, for flight: Flight<Token>, _ clock: any HTTPClock) async {
        var ids = Self.refreshing
        ids.insert(ObjectIdentifier(self))
        let result: Result<Token, any Error>
        do {
            let token = try await Self.$refreshing.withValue(ids) { try await refresh(last) }
            if let last, token.value == last.value {
                throw TokenRefreshError("the token that was fetched is the one that was refused or has expired")
            }
            result = .success(token)
        } catch let error as TokenRefreshError {
            result = .failure(error)
        } catch {
            result = .failure(TokenRefreshError("fetching a new token failed: \(error)", underlying: error))
        }
        state.withLock { state in
            state.flight = nil
            guard case .success(let token) = result else { return }
            if let old = state.token { state.replaced = [old.value] + state.replaced.prefix(Self.replacedLimit - 1) }
            state.token = token
            state.expires = token.lifetime.map { clock.now.advanced(by: $0) }
        }
        flight.finish(result)
    }

    /// What it is; never the token.
    public var description: String { "TokenAuth(hidden)" }
    /// A mirror without children, so that `dump` does not show the token.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Why there is no new token.
public struct TokenRefreshError: Error, Sendable, CustomStringConvertible {
    /// What was tried, and what came back.
    public let message: String
    /// What the closure threw.
    public let underlying: (any Error)?

    init(_ message: String, underlying: (any Error)? = nil) {
        self.message = message
        self.underlying = underlying
    }

    /// The message.
    public var description: String { message }
}
