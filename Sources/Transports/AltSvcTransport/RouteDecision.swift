import TransportCore

/// Which way a request takes, from all that is known when it comes. Pure: the table of all answers is a golden file.
struct RouteDecision {
    /// What the HTTP/3 connection of the route is doing.
    enum Standing: Equatable {
        case none
        case alive
        /// Nothing has come over it for so long although something was asked.
        case silent(Duration)
    }

    var route: Route
    /// What is known of the origin's alternatives.
    var known: [KnownAlternative] = []
    /// Whether the application excluded the origin from HTTP/3.
    var isExcluded = false
    /// The origin's own place, with what was experienced there, if HTTP/3 is tried there though nothing is known.
    var assumed: KnownAlternative?
    /// What the request needs and HTTP/3 lacks here.
    var lacking: Feature = []
    var standing = Standing.none
    /// Seconds since 1970.
    var now: Int64

    /// The way.
    enum Way: Equatable {
        /// HTTP/2 or HTTP/1.1; asked again at the time given, in seconds since 1970, or when something was learned.
        case steady(WhyNot, until: Int64?)
        /// The HTTP/3 connection that stands.
        case fast
        /// Connections race, and the request waits for the first.
        case race([Candidate])
        /// HTTP/2, while HTTP/3, which failed before, is tried in the background.
        case probe([Candidate])
        /// HTTP/3 and nothing else, as the caller says.
        case pinned(Candidate?)
    }

    /// An alternative, and the route over which it is reached.
    struct Candidate: Equatable, Sendable {
        var alternative: Alternative
        var route: Route
        var service: AltService { alternative.service }
    }

    /// Alternatives that one race tries, one after the other.
    static let mostCandidates = 3

    /// Why HTTP/3 cannot be had on a route, whatever becomes known; nil if it can.
    static func obstacle(on route: Route) -> WhyNot? {
        if route.origin.scheme == .http { return .clearText }
        if !route.connect.protocols.contains(.http3) { return .notAllowed(route.connect.protocols) }
        if let path = route.connect.unixSocket { return .unixSocket(path) }
        if let proxy = route.proxy { return .proxy(proxy.description) }
        if let newest = route.tls.maximumVersion, newest < .tls13 { return .oldTLS(newest) }
        return nil
    }

    /// Whether HTTP/3 is all that the caller allows.
    static func isPinned(_ route: Route) -> Bool { route.connect.protocols == .http3 }

    var way: Way {
        let obstacle = RouteDecision.obstacle(on: route)
        // Where it cannot be had, HTTP/3's transport is the one to say so: a proxy must not be walked around.
        if RouteDecision.isPinned(route) { return .pinned(obstacle == nil ? candidates().first : nil) }
        if let obstacle { return .steady(obstacle, until: nil) }
        if isExcluded { return .steady(.excluded(route.origin.description), until: nil) }
        if !lacking.isEmpty { return .steady(.lacks(lacking), until: nil) }
        switch standing {
        case .alive: return .fast
        case .silent(let duration): return .steady(.silent(duration), until: nil)
        case .none: break
        }
        let known = allKnown
        let all = candidates()
        guard !all.isEmpty else {
            let why =
                known.isEmpty ? WhyNot.unknown(route.origin.description) : .movedElsewhere(route.origin.description)
            return .steady(why, until: nil)
        }
        let history = Dictionary(known.map { ($0.alternative.service, $0) }) { first, _ in first }
        let usable = all.filter { history[$0.service].map { !$0.isBroken(at: now) } ?? true }
        guard !usable.isEmpty else {
            let soonest = all.compactMap { history[$0.service] }
                .min { ($0.brokenUntil ?? .max) < ($1.brokenUntil ?? .max) }
            guard let soonest, let until = soonest.brokenUntil else {
                return .steady(.unknown(route.origin.description), until: nil)
            }
            return .steady(
                .broken(soonest.alternative.service, failures: soonest.failures, seconds: until - now), until: until)
        }
        // Nobody waits for one that has failed.
        let fresh = usable.filter { history[$0.service].map { $0.failures == 0 } ?? true }
        return fresh.isEmpty
            ? .probe(Array(usable.prefix(Self.mostCandidates)))
            : .race(Array(fresh.prefix(Self.mostCandidates)))
    }

    /// What is known, and what is assumed besides.
    private var allKnown: [KnownAlternative] {
        guard let assumed, !known.contains(where: { $0.alternative.service == assumed.alternative.service }) else {
            return known
        }
        return known + [assumed]
    }

    /// The alternatives that the route allows, best first.
    private func candidates() -> [Candidate] {
        allKnown.map(\.alternative).filter { $0.service.alpn == "h3" }.compactMap { alternative in
            RouteDecision.route(to: alternative, of: route).map { Candidate(alternative: alternative, route: $0) }
        }
    }

    /// The origin's own place, as if the application had named it.
    static func own(_ origin: Origin) -> Alternative {
        Alternative(
            AltService(host: origin.host, port: origin.port), expires: .max, source: .hand, mayBePrivate: true)
    }

    /// The route over which an alternative is reached: the origin's, with the same name in TLS, so that only a
    /// certificate for the origin is good (RFC 7838 §2.1), to another place. Nil if the caller says where the origin is.
    static func route(to alternative: Alternative, of route: Route) -> Route? {
        let origin = route.origin
        let service = alternative.service
        var connect = route.connect
        connect.protocols = .http3
        if service.host != origin.host || service.port != origin.port {
            var target = AddressOverride.Target.host(service.host, port: service.port)
            switch connect.overrides.first(where: { $0.matches(origin) })?.target {
            case .host: return nil
            case .addresses(let addresses) where service.host == origin.host:
                guard let address = addresses.first(where: connect.family.has) else { return nil }
                target = .host(address.description, port: service.port)
            case .addresses, nil:
                // The caller may have a word on where the other host is.
                let other = Origin(scheme: .https, host: service.host, port: service.port)
                switch connect.overrides.first(where: { $0.host != nil && $0.matches(other) })?.target {
                case .host(let host, let port): target = .host(host ?? service.host, port: port ?? service.port)
                case .addresses(let addresses):
                    guard let address = addresses.first(where: connect.family.has) else { return nil }
                    target = .host(address.description, port: service.port)
                case nil: break
                }
            }
            connect.overrides.insert(
                AddressOverride(host: origin.host, port: origin.port, target: target), at: 0)
            // Else a name that leads to an address inside would do what the address itself may not.
            if service.host != origin.host, !alternative.mayBePrivate { connect.rules.deniesPrivate = true }
        }
        return Route(to: origin, tls: route.tls, connect: connect)
    }
}

extension AddressFamily {
    fileprivate func has(_ address: IPAddress) -> Bool {
        switch self {
        case .any: true
        case .ipv4: address.family == .v4
        case .ipv6: address.family == .v6
        }
    }
}

/// Why HTTP/3 is not used, in a sentence for people.
enum WhyNot: Equatable, CustomStringConvertible {
    case clearText
    case notAllowed(ProtocolSet)
    case unixSocket(String)
    case proxy(String)
    case oldTLS(TLSVersion)
    case excluded(String)
    case lacks(Feature)
    case unknown(String)
    case movedElsewhere(String)
    case broken(AltService, failures: Int, seconds: Int64)
    case silent(Duration)
    case probing(AltService)

    var description: String {
        switch self {
        case .clearText: "HTTP/3 not used: http: URLs go over TCP"
        case .notAllowed(let protocols): "HTTP/3 not used: only \(protocols) may be"
        case .unixSocket(let path): "HTTP/3 not used: the request goes through the Unix socket \(path)"
        case .proxy(let proxy): "HTTP/3 not used: the request goes through \(proxy), and QUIC goes through no proxy"
        case .oldTLS(let newest): "HTTP/3 not used: it needs TLS 1.3, and TLS \(newest.rawValue) is the limit"
        case .excluded(let origin): "HTTP/3 not used: \(origin) is excluded from it"
        case .lacks(let features): "HTTP/3 not used: the request needs \(features), which it lacks here"
        case .unknown(let origin): "HTTP/3 not used: nothing says that \(origin) speaks it"
        case .movedElsewhere(let origin): "HTTP/3 not used: the caller says where \(origin) is, and it is elsewhere"
        case .broken(let service, let failures, let seconds):
            "HTTP/3 not used: \(service) failed \(failures == 1 ? "once" : "\(failures) times in a row"), and is left "
                + "alone for another \(seconds) s"
        case .silent(let duration):
            "HTTP/3 not used: nothing has come over its connection for \(duration.wholeMilliseconds) ms"
        case .probing(let service): "HTTP/3 not used yet: \(service) is being tried in the background"
        }
    }
}

extension Duration {
    /// For sentences.
    var wholeMilliseconds: Int64 { Int64(milliseconds.rounded()) }
}
