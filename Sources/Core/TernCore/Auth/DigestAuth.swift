internal import Digests
import Synchronization

/// User and password by Digest (RFC 7616), for servers and for proxies: the password itself is never sent.
///
///     session.configure { $0.auth = DigestAuth(user: "tern", password: "secret") }
///
/// Answers challenges with MD5, SHA-256 and SHA-512-256, each with `-sess`, of those offered the strongest. Once
/// challenged, it sends credentials with every request in the same protection space, and counts them. A nonce that
/// the server calls stale is replaced; a password that it refuses is not tried again in the same call. One object
/// may serve many sessions, and keeps its nonces apart by origin and proxy.
///
/// Names and passwords are hashed as UTF-8, as they were given: a server that compares in normalization form C
/// (RFC 7616 §4) wants them in that form. A request that has an `Authorization` field of its own keeps it.
public final class DigestAuth: Authenticator, PromptAuthenticator, CustomStringConvertible, CustomReflectable {
    private let user: String
    private let password: String
    private let prefersIntegrity: Bool
    private let makeClientNonce: @Sendable () -> String
    private let fault: CredentialsError?
    private let memory = Mutex(DigestMemory())

    /// Credentials of `user`. Control characters in either end the call in ``HTTPError/Kind/input(_:)`` before
    /// anything is sent.
    ///
    /// - Parameter protectsContent: whether `auth-int`, which covers the content, is chosen where `auth` is offered
    ///   beside it: no, since the content has to be read twice for it. It is chosen in any case where it alone is
    ///   offered.
    public convenience init(user: String, password: String, protectsContent: Bool = false) {
        self.init(user: user, password: password, protectsContent: protectsContent) {
            Hexadecimal.encode((0..<16).map { _ in UInt8.random(in: .min ... .max) })
        }
    }

    /// Credentials, from a URL say.
    public convenience init(_ credentials: Credentials) {
        self.init(user: credentials.user, password: credentials.password)
    }

    init(user: String, password: String, protectsContent: Bool, clientNonce: @escaping @Sendable () -> String) {
        self.user = user
        self.password = password
        prefersIntegrity = protectsContent
        makeClientNonce = clientNonce
        let isControl: (Unicode.Scalar) -> Bool = { $0.properties.generalCategory == .control }
        let isBad = user.unicodeScalars.contains(where: isControl) || password.unicodeScalars.contains(where: isControl)
        fault = isBad ? CredentialsError("Digest credentials must not hold control characters (RFC 7616 §3.4)") : nil
    }

    public func authorize(_ request: Request, _ call: Call) async throws -> Request {
        if request.fields.contains(.authorization) { return request }
        try checkCredentials(call)
        let ticket = memory.withLock { $0.ticket(for: .server(request.url.origin), request.url) }
        guard let ticket else { return request }
        return try await authorized(request, ticket, call)
    }

    public func answer(_ response: TransportResponse, to request: Request, _ call: Call) async throws -> Request? {
        let sent = request.fields[.authorization]
        if let sent, !sent.hasPrefix("Digest ") { return nil }
        let found = DigestChallenge.strongest(of: Challenge.parse(response.fields[values: .wwwAuthenticate]))
        guard let challenge = found else { return nil }
        let party = DigestMemory.Party.server(request.url.origin)
        if let sent {
            let isFirst = call.answeredChallenges == 0 || call.hasRepeated(authorization: sent)
            guard mayAnswer(challenge, to: sent, isFirst: isFirst, party) else { return nil }
        }
        let ticket = try ticket(answering: challenge, party, request.url)
        return try await authorized(request, ticket, call)
    }

    public func accepted(_ response: TransportResponse, to request: Request, _ call: Call) {
        guard let sent = request.fields[.authorization], let value = response.fields[.authenticationInfo] else {
            return
        }
        takeNextNonce(value, after: sent, .server(request.url.origin))
    }

    private func authorized(_ request: Request, _ ticket: DigestMemory.Ticket, _ call: Call) async throws -> Request {
        var request = request
        request.fields[.authorization] = try await value(
            ticket, request.method, request.target, request.body, call)
        return request
    }

    /// What it is; never user or password.
    public var description: String { "DigestAuth(hidden)" }
    /// A mirror without children, so that `dump` shows neither part.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension DigestAuth: ProxyAuthenticator {
    public func authorize(_ request: ProxyRequest, _ call: Call) async throws -> String? {
        try checkCredentials(call)
        let ticket = memory.withLock { $0.ticket(for: .proxy(request.proxy.description), nil) }
        guard let ticket else { return nil }
        return try await value(ticket, request.method, request.target, request.body, call)
    }

    public func answer(_ refusal: ProxyRefusal, to request: ProxyRequest, _ call: Call) async throws -> String? {
        if let sent = refusal.sent, !sent.hasPrefix("Digest ") { return nil }
        let challenges = Challenge.parse(refusal.fields[values: .proxyAuthenticate])
        guard let challenge = DigestChallenge.strongest(of: challenges) else { return nil }
        let party = DigestMemory.Party.proxy(request.proxy.description)
        if let sent = refusal.sent, !mayAnswer(challenge, to: sent, isFirst: refusal.number == 1, party) { return nil }
        let ticket = try ticket(answering: challenge, party, nil)
        return try await value(ticket, request.method, request.target, request.body, call)
    }

    public func accepted(_ fields: HTTPFields, sent: String, to request: ProxyRequest, _ call: Call) {
        guard let value = fields[.proxyAuthenticationInfo] else { return }
        takeNextNonce(value, after: sent, .proxy(request.proxy.description))
    }
}

extension DigestAuth {
    private func checkCredentials(_ call: Call) throws(HTTPError) {
        if let fault { throw call.failure(.input(fault)) }
    }

    /// Whether credentials that were refused may be given again. They may for a nonce that has gone stale; and once if
    /// they were sent before anybody asked, or a second time with the same count: not every server calls that stale.
    private func mayAnswer(
        _ challenge: DigestChallenge, to sent: String, isFirst: Bool, _ party: DigestMemory.Party
    ) -> Bool {
        let used = nonce(in: sent)
        if challenge.nonce != used, challenge.isStale || isFirst { return true }
        memory.withLock { memory in
            if let used { memory.forget(used, of: party) }
            memory.forget(challenge.nonce, of: party)
        }
        return false
    }

    private func ticket(
        answering challenge: DigestChallenge, _ party: DigestMemory.Party, _ url: HTTPURL?
    ) throws(DigestError) -> DigestMemory.Ticket {
        let clientNonce = makeClientNonce()
        let secret = try DigestAnswer.secret(challenge, user: user, password: password, clientNonce: clientNonce)
        return memory.withLock {
            $0.ticket(for: party, url, answering: challenge, secret: secret, clientNonce: clientNonce)
        }
    }

    private func value(
        _ ticket: DigestMemory.Ticket, _ method: HTTPRequest.Method, _ target: String, _ body: RequestBody,
        _ call: Call
    ) async throws -> String {
        let protection = protection(for: body, ticket.challenge)
        var contentHash: String?
        if protection == .authInt {
            guard body.isReplayable else {
                throw call.failure(
                    .body(BodyNotReplayable(reason: "qop=auth-int wants its hash in the head (RFC 7616 §3.4.3)")))
            }
            contentHash = try await ContentHash.hex(of: body, ticket.challenge.algorithm)
        }
        let answer = DigestAnswer(
            challenge: ticket.challenge, user: user, secret: ticket.secret, count: ticket.count,
            clientNonce: ticket.clientNonce, method: method.rawValue, target: target, protection: protection,
            contentHash: contentHash)
        return try answer.fieldValue()
    }

    private func protection(for body: RequestBody, _ challenge: DigestChallenge) -> DigestChallenge.Protection? {
        guard let offered = challenge.protections else { return nil }
        if offered.contains(.authInt), prefersIntegrity && body.isReplayable { return .authInt }
        return offered.contains(.auth) ? .auth : .authInt
    }

    private func takeNextNonce(_ value: String, after sent: String, _ party: DigestMemory.Party) {
        let parameters = ChallengeParser.parameters(value)
        guard let next = parameters.first(where: { $0.name == "nextnonce" })?.value, let used = nonce(in: sent) else {
            return
        }
        memory.withLock { $0.replace(used, with: next, of: party) }
    }

    private func nonce(in sent: String) -> String? { Challenge.parse([sent]).first?["nonce"] }
}
