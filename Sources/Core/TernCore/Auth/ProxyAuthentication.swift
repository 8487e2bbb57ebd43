/// Answers proxies that ask who is there: a 407 to a request that was handed over, and one to CONNECT, which comes as
/// an error.
///
/// The answer to CONNECT is part of the route, so that pools keep tunnels of different users apart; a tunnel that is
/// open needs none. The answer in a request is a field of it, and never goes into a tunnel.
struct ProxyAuthentication: Middleware {
    private let configured: (any ProxyAuthenticator)?
    private let memory: ProxyMemory

    init(_ configured: (any ProxyAuthenticator)?, _ memory: ProxyMemory) {
        self.configured = configured
        self.memory = memory
    }

    func intercept(_ request: Request, _ next: Next) async throws -> TransportResponse {
        let base = try next.call.settings.route(for: request.url)
        // Fields that the caller has given for the proxy are the caller's to answer for.
        guard let proxy = base.proxy, proxy.kind == .http || proxy.kind == .https,
            !proxy.fields.contains(.proxyAuthorization), configured != nil || proxy.credentials != nil
        else { return try await next(request) }
        let tracked = TrackedBody(request)
        var talk = ProxyTalk(request, base, proxy, next.call)
        try await begin(&talk)
        while true {
            do {
                let response = try await send(tracked.request, talk, next)
                guard response.status == .proxyAuthenticationRequired, !talk.isTunnel,
                    talk.refusals < Authentication.answerLimit
                else {
                    accept(response, talk)
                    return response
                }
                guard try await answer(response.fields, &talk) else { return response }
                try await replace(response, to: tracked, next.call)
            } catch let error as TransportError {
                guard let answered = error.proxyAnswer, answered.status == .proxyAuthenticationRequired,
                    talk.refusals < Authentication.answerLimit
                else { throw error }
                guard try await answer(answered.fields, &talk) else { throw error }
                guard tracked.canBeSent else {
                    throw next.call.failure(.body(BodyNotReplayable(reason: "\(proxy) wanted to know who asks first")))
                }
            }
        }
    }

    private func begin(_ talk: inout ProxyTalk) async throws {
        guard let authenticator = authenticator(talk.proxy, isAsked: false) else { return }
        if talk.isTunnel, let known = memory.tunnel(for: talk.base, of: authenticator) {
            talk.use(known)
        } else {
            talk.value = try await bounded(talk) { [talk] in try await authenticator.authorize(talk.asked, talk.call) }
        }
    }

    private func send(_ request: Request, _ talk: ProxyTalk, _ next: Next) async throws -> TransportResponse {
        guard let value = talk.value else {
            // An authenticator that waits is not to be forestalled by the transport's Basic.
            let isSilenced = configured != nil && talk.proxy.credentials != nil
            return try await (isSilenced ? next.over { $0.route = talk.route } : next)(request)
        }
        let below = next.over { $0.route = talk.route }
        if talk.isTunnel { return try await below(request) }
        var request = request
        request.fields[.proxyAuthorization] = value
        return try await below(request)
    }

    /// Prepares the next try; false if there is nothing to say to the refusal.
    private func answer(_ fields: HTTPFields, _ talk: inout ProxyTalk) async throws -> Bool {
        talk.refusals += 1
        guard let authenticator = authenticator(talk.proxy, isAsked: true) else { return false }
        if talk.isTunnel {
            // Another call may have been let through since.
            if let known = memory.tunnel(for: talk.base, of: authenticator), known.value != talk.value,
                talk.refusals == 1
            {
                talk.use(known)
                return true
            }
            if let refused = talk.tunnel { memory.forget(refused, for: talk.base, of: authenticator) }
        }
        // Without an authenticator of its own, the transport has sent the proxy's credentials by Basic.
        let unasked = configured == nil && talk.value == nil ? "Basic (by the transport)" : nil
        let refusal = ProxyRefusal(fields: fields, sent: talk.value ?? unasked, number: talk.refusals)
        let value = try await bounded(talk) { [talk] in
            try await authenticator.answer(refusal, to: talk.asked, talk.call)
        }
        guard let value else { return false }
        talk.value = value
        return true
    }

    private func accept(_ response: TransportResponse, _ talk: ProxyTalk) {
        guard let value = talk.value, response.status != .proxyAuthenticationRequired || talk.isTunnel,
            let authenticator = authenticator(talk.proxy, isAsked: false)
        else { return }
        if let tunnel = talk.tunnel {
            memory.keep(tunnel, for: talk.base, of: authenticator)
        } else {
            authenticator.accepted(response.fields, sent: value, to: talk.asked, talk.call)
        }
    }

    private func replace(_ response: TransportResponse, to tracked: TrackedBody, _ call: Call) async throws {
        let request = tracked.request
        guard tracked.canBeSent else {
            response.body.cancel()
            throw call.failure(.body(BodyNotReplayable(reason: "\(request) was answered with \(response.status)")))
        }
        call.record(Hop(method: request.method, url: request.url, status: response.status, fields: response.fields))
        try await response.discard()
    }

    private func authenticator(_ proxy: ProxyOptions, isAsked: Bool) -> (any ProxyAuthenticator)? {
        configured ?? proxy.credentials.flatMap { memory.fallback($0, isAsked: isAsked) }
    }

    private func bounded(
        _ talk: ProxyTalk, _ operation: @escaping @Sendable () async throws -> String?
    ) async throws -> String? {
        try await talk.call.asMiddleware {
            try await talk.call.withinDeadline("its proxy's authenticator", operation)
        }
    }
}

/// What passes between one request and its proxy.
private struct ProxyTalk: Sendable {
    let call: Call
    let base: Route
    let proxy: ProxyOptions
    let asked: ProxyRequest
    let isTunnel: Bool
    /// What the proxy is told next; nothing at first.
    var value: String? { didSet { known = nil } }
    var refusals = 0
    private var known: ProxyMemory.Tunnel?

    init(_ request: Request, _ base: Route, _ proxy: ProxyOptions, _ call: Call) {
        self.call = call
        self.base = base
        self.proxy = proxy
        // In clear text without asking first, HTTP/2 goes through a tunnel, too.
        isTunnel =
            base.origin.scheme == .https || proxy.tunnelsClearText
            || base.connect.protocols.contains(.http2PriorKnowledge)
        if isTunnel {
            let host = base.origin.host
            let name = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
            asked = ProxyRequest(proxy: proxy, method: .connect, target: "\(name):\(base.origin.port)")
        } else {
            // RFC 9112 §3.2.2; for OPTIONS * the path is left out (§3.2.4).
            let target = request.target == "*" ? "" : request.target
            asked = ProxyRequest(
                proxy: proxy, method: request.method, target: "http://\(request.url.authority)\(target)",
                body: request.body)
        }
    }

    mutating func use(_ tunnel: ProxyMemory.Tunnel) {
        value = tunnel.value
        known = tunnel
    }

    /// The route on which the proxy is told ``value``.
    var route: Route {
        if let known { return known.route }
        var proxy = proxy
        proxy.credentials = nil
        if isTunnel, let value { proxy.fields[.proxyAuthorization] = value }
        return base.through(proxy)
    }

    /// The tunnel that is tried; `nil` if there is none, or nothing is said.
    var tunnel: ProxyMemory.Tunnel? {
        guard isTunnel, let value else { return nil }
        return known ?? ProxyMemory.Tunnel(route: route, value: value)
    }
}
