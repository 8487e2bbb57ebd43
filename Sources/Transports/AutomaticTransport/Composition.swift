package import AltSvcTransport
import Synchronization
package import TransportCore

/// Three transports as one: two that race, and a third for what they lack. Chosen before any byte is sent.
package final class Composition<Fast: Preconnecting, Steady: Preconnecting, Other: Transport>: Sendable {
    package let racing: AltSvcTransport<Fast, Steady>
    private let policy: ProtocolPolicy?
    private let makeOther: @Sendable () -> Other
    private let other = Mutex<Other?>(nil)
    private let routes = Mutex(Routes())

    /// The routes as the policy leaves them.
    private struct Routes {
        var known: [Route: Route] = [:]
        var last: (asked: Route, allowed: Route)?
    }

    private static var limit: Int { 4_096 }

    package init(
        _ racing: AltSvcTransport<Fast, Steady>, policy: ProtocolPolicy?, other: @escaping @Sendable () -> Other
    ) {
        self.racing = racing
        self.policy = policy
        makeOther = other
    }

    package func capabilities(over protocols: ProtocolSet) -> Capabilities {
        var capabilities = racing.capabilities(over: protocols)
        guard protocols != .http3 else { return capabilities }
        capabilities.features.formUnion(third.capabilities(over: protocols).features)
        capabilities.gaps.removeAll { capabilities.features.isSuperset(of: $0.feature) }
        return capabilities
    }

    package func send(_ exchange: Exchange) async throws(TransportError) -> TransportResponse {
        let route = try allowed(exchange)
        var exchange = exchange
        if route !== exchange.route { exchange.route = route }
        let protocols = route.connect.protocols
        let missing = exchange.requiredFeatures.subtracting(racing.steady.capabilities(over: protocols).features)
        guard !missing.isEmpty, protocols != .http3 else { return try await racing.send(exchange) }
        return try await sendOtherwise(exchange, missing)
    }

    /// Over the third transport, if it has what the others lack.
    private func sendOtherwise(
        _ exchange: Exchange, _ missing: Feature
    ) async throws(TransportError) -> TransportResponse {
        let third = third
        guard
            exchange.requiredFeatures.isSubset(of: third.capabilities(over: exchange.route.connect.protocols).features)
        else {
            // Its words tell what is lacking, and why.
            try capabilities(over: exchange.route.connect.protocols).check(exchange)
            return try await racing.send(exchange)
        }
        if let onEvent = exchange.onEvent {
            let note = "carried by libcurl: the request needs \(missing), which the other transports lack"
            onEvent(ExchangeEvent(.note(note), at: racing.clock.now))
        }
        return try await third.send(exchange)
    }

    package func shutdown(by deadline: Instant?) async {
        let third = other.withLock { $0 }
        await withTaskGroup { group in
            group.addTask { await self.racing.shutdown(by: deadline) }
            if let third { group.addTask { await third.shutdown(by: deadline) } }
        }
    }

    /// Made when it is needed.
    private var third: Other {
        other.withLock { other in
            if let other { return other }
            let made = makeOther()
            other = made
            return made
        }
    }

    /// The route of an exchange, with the protocols that the policy leaves.
    private func allowed(_ exchange: Exchange) throws(TransportError) -> Route {
        guard let policy else { return exchange.route }
        let asked = exchange.route
        let route = routes.withLock { routes -> Route in
            if let last = routes.last, last.asked === asked { return last.allowed }
            let allowed = routes.known[asked] ?? Composition.restricted(asked, policy.allowed(asked.origin))
            if routes.known.count >= Self.limit { routes.known = [:] }
            routes.known[asked] = allowed
            routes.last = (asked, allowed)
            return allowed
        }
        guard !route.connect.protocols.isEmpty else {
            throw TransportError(
                .unsupported, phase: .queue, retrySafety: .notSent, endpoint: asked.origin.description,
                message: "\(exchange.request.method.rawValue) \(asked.origin): the policy allows none of "
                    + "\(asked.connect.protocols)")
        }
        return route
    }

    private static func restricted(_ route: Route, _ protocols: ProtocolSet) -> Route {
        guard !route.connect.protocols.isSubset(of: protocols) else { return route }
        var connect = route.connect
        connect.protocols.formIntersection(protocols)
        return Route(to: route.origin, tls: route.tls, proxy: route.proxy, connect: connect)
    }
}
