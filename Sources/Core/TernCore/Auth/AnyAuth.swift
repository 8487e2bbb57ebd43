import Synchronization

/// User and password by the strongest scheme that is offered: Digest, with the strongest of its algorithms, before
/// Basic. For servers and for proxies; what curl calls `--anyauth`.
///
/// Sends nothing until it is asked, and from then on, at the same origin or proxy, what was asked for. A password that
/// is refused by Digest is not tried by Basic: a weaker scheme than the strongest one offered is never used.
public final class AnyAuth: Authenticator, PromptAuthenticator, CustomStringConvertible, CustomReflectable {
    private let digest: DigestAuth
    private let basic: BasicAuth?
    /// Origins and proxies that asked for Basic.
    private let known = Mutex<Set<String>>([])

    /// Remembered origins: a crawler's session must not grow without bound.
    private static let limit = 1_024

    /// Credentials of `user`.
    ///
    /// - Parameter allowsBasic: whether the password may be sent as it is where nothing better is offered: yes.
    public init(user: String, password: String, allowsBasic: Bool = true) {
        digest = DigestAuth(user: user, password: password)
        basic = allowsBasic ? BasicAuth(user: user, password: password) : nil
    }

    /// Credentials, from a URL say.
    public convenience init(_ credentials: Credentials) {
        self.init(user: credentials.user, password: credentials.password)
    }

    public func authorize(_ request: Request, _ call: Call) async throws -> Request {
        let first = try await digest.authorize(request, call)
        guard let basic, !first.fields.contains(.authorization), knows(request.url.origin.description) else {
            return first
        }
        return try await basic.authorize(first, call)
    }

    public func answer(_ response: TransportResponse, to request: Request, _ call: Call) async throws -> Request? {
        let origin = request.url.origin.description
        let sent = request.fields[.authorization]
        let challenges = Challenge.parse(response.fields[values: .wwwAuthenticate])
        if DigestChallenge.strongest(of: challenges) != nil {
            var request = request
            // Basic that went out unasked is no reason not to answer with more.
            if let sent, sent == (try? basic?.value(call)), knows(origin) { request.fields[.authorization] = nil }
            forget(origin)
            return try await digest.answer(response, to: request, call)
        }
        // A Digest that went out unasked is no reason not to answer, either.
        let isUnasked = sent.map { $0.hasPrefix("Digest ") && call.answeredChallenges == 0 } ?? true
        guard let basic, isUnasked, challenges.contains(where: { $0.isScheme("Basic") }) else {
            forget(origin)
            return nil
        }
        remember(origin)
        var request = request
        request.fields[.authorization] = try basic.value(call)
        return request
    }

    public func accepted(_ response: TransportResponse, to request: Request, _ call: Call) {
        digest.accepted(response, to: request, call)
    }

    private func knows(_ party: String) -> Bool { known.withLock { $0.contains(party) } }

    private func forget(_ party: String) { known.withLock { _ = $0.remove(party) } }

    private func remember(_ party: String) {
        known.withLock { known in
            if known.count >= Self.limit { known.removeAll() }
            known.insert(party)
        }
    }

    /// What it is; never user or password.
    public var description: String { "AnyAuth(hidden)" }
    /// A mirror without children, so that `dump` shows neither part.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension AnyAuth: ProxyAuthenticator {
    public func authorize(_ request: ProxyRequest, _ call: Call) async throws -> String? {
        if let value = try await digest.authorize(request, call) { return value }
        return knows(request.proxy.description) ? try basic?.value(call) : nil
    }

    public func answer(_ refusal: ProxyRefusal, to request: ProxyRequest, _ call: Call) async throws -> String? {
        let proxy = request.proxy.description
        let challenges = Challenge.parse(refusal.fields[values: .proxyAuthenticate])
        if DigestChallenge.strongest(of: challenges) != nil {
            var refusal = refusal
            if refusal.sent?.hasPrefix("Basic ") == true { refusal.sent = nil }
            forget(proxy)
            return try await digest.answer(refusal, to: request, call)
        }
        let isUnasked = refusal.sent.map { $0.hasPrefix("Digest ") && refusal.number == 1 } ?? true
        guard let basic, isUnasked, challenges.contains(where: { $0.isScheme("Basic") }) else {
            forget(proxy)
            return nil
        }
        remember(proxy)
        return try basic.value(call)
    }

    public func accepted(_ fields: HTTPFields, sent: String, to request: ProxyRequest, _ call: Call) {
        digest.accepted(fields, sent: sent, to: request, call)
    }
}
