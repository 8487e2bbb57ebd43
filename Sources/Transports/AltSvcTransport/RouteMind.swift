import Synchronization
import TransportCore

/// What the transport thinks of one route: its HTTP/3 connection, the race under way, what its last answer said. Shared
/// by all requests over the route, from any thread.
final class RouteMind: Sendable {
    /// The HTTP/3 connection that carries the requests.
    struct Standing {
        var candidate: RouteDecision.Candidate
        var connection: ConnectionInfo
        /// Why it is used.
        var note: String
        /// When the first request was sent since something came.
        var askedAt: Instant?
        /// Whether a request was answered over it.
        var isProven = false
    }

    /// Why nothing but the steady transport is used for now.
    private struct Resting {
        var note: String
        var until: Int64?
        var generation: UInt64
    }

    private struct State {
        var standing: Standing?
        var resting: Resting?
        var race: (any RunningRace)?
        var headStart = HeadStart()
        /// What was experienced at the origin's own place, of which the cache need not know.
        var failures = 0
        var brokenUntil: Int64?
        /// The connection that was given up for its silence: that it stands proves nothing.
        var silentConnection: UInt64?
        /// The Alt-Svc field that was seen last, and until when the same one says nothing new.
        var lastField = ""
        var knownUntil = Instant(nanoseconds: .min)
        var lookup: Task<Void, Never>?
        var nextLookup: Int64 = .min
        var isClosed = false
    }

    /// What is to be done with a request.
    enum Step {
        case steady(note: String)
        case fast(Route, note: String)
        case wait(any RunningRace)
    }

    let route: Route
    let cache: any AltSvcCache
    let clock: any HTTPClock
    private let assumes: Bool
    /// Why HTTP/3 cannot be had whatever is known.
    private let obstacle: String?
    /// Whether what its responses say of alternatives is believed.
    private let learns: Bool
    private let isPinned: Bool
    private let state = Mutex(State())

    init(_ route: Route, cache: any AltSvcCache, clock: any HTTPClock, assumes: Bool) {
        self.route = route
        self.cache = cache
        self.clock = clock
        self.assumes = assumes
        isPinned = RouteDecision.isPinned(route)
        obstacle = isPinned ? nil : RouteDecision.obstacle(on: route)?.description
        learns = route.origin.scheme == .https && route.proxy == nil && route.connect.unixSocket == nil
    }

    // MARK: Requests

    /// Which way a request takes. `lacking`: what it needs and HTTP/3 does not have. `makeRace` makes a race of the
    /// candidates, or a probe, which is then started.
    func step(
        lacking: @autoclosure () -> Feature,
        makeRace: ([RouteDecision.Candidate], _ isProbe: Bool, HeadStart) -> any RunningRace
    ) -> Step {
        if let obstacle { return .steady(note: obstacle) }
        let generation = cache.generation
        return state.withLock { state in
            let missing = isPinned ? [] : lacking()
            guard missing.isEmpty else { return .steady(note: WhyNot.lacks(missing).description) }
            if let step = stepOnStanding(&state) { return step }
            if let race = state.race {
                return race.isDecided ? .steady(note: race.note) : .wait(race)
            }
            if let resting = state.resting, resting.generation == generation,
                resting.until.map({ clock.wallSeconds < $0 }) ?? true
            {
                return .steady(note: resting.note)
            }
            return decide(&state, generation, makeRace)
        }
    }

    private func stepOnStanding(_ state: inout State) -> Step? {
        guard var standing = state.standing else { return nil }
        let now = clock.now
        let silence = silence(of: standing, state.headStart, at: now)
        guard !standing.connection.isRetired else {
            state.standing = nil
            // It went down without a word, and had answered nothing: the next one would do the same. One that had may
            // have met a server that started anew; the race for the next tells.
            if silence != nil, !standing.isProven { _ = markBroken(standing.candidate.service, &state) }
            return nil
        }
        if let silence { return .steady(note: WhyNot.silent(silence).description) }
        let heard = standing.connection.heard
        if let askedAt = standing.askedAt, heard.map({ $0 <= askedAt }) ?? true {
            // Asked before, and nothing has come yet.
        } else {
            standing.askedAt = now
            state.standing = standing
        }
        return .fast(standing.candidate.route, note: standing.note)
    }

    /// For how long a connection that was asked something has been silent, if that is too long.
    private func silence(of standing: Standing, _ headStart: HeadStart, at now: Instant) -> Duration? {
        guard let askedAt = standing.askedAt, let heard = standing.connection.heard, heard <= askedAt else {
            return nil
        }
        let duration = askedAt.duration(to: now)
        return duration > headStart.patience ? duration : nil
    }

    private func decide(
        _ state: inout State, _ generation: UInt64,
        _ makeRace: ([RouteDecision.Candidate], _ isProbe: Bool, HeadStart) -> any RunningRace
    ) -> Step {
        let now = clock.wallSeconds
        let decision = RouteDecision(
            route: route, known: cache.alternatives(of: route.origin, at: now),
            isExcluded: !cache.learns(of: route.origin),
            assumed: assumes
                ? KnownAlternative(
                    RouteDecision.own(route.origin), failures: state.failures, brokenUntil: state.brokenUntil) : nil,
            now: now)
        switch decision.way {
        case .pinned(let candidate):
            let place = candidate?.service ?? AltService(host: route.origin.host, port: route.origin.port)
            return .fast(candidate?.route ?? route, note: "HTTP/3 used: it is all that is allowed, at \(place)")
        case .steady(let why, var until):
            if case .unknown = why, let next = lookUp(&state, at: now) { until = min(until ?? next, next) }
            let resting = Resting(note: why.description, until: until, generation: generation)
            state.resting = resting
            return .steady(note: resting.note)
        case .race(let candidates):
            guard !state.isClosed else { return .steady(note: "HTTP/3 not used: the transport was shut down") }
            let race = makeRace(candidates, false, state.headStart)
            state.race = race
            race.start()
            return .wait(race)
        case .probe(let candidates):
            guard !state.isClosed else { return .steady(note: "HTTP/3 not used: the transport was shut down") }
            let race = makeRace(candidates, true, state.headStart)
            state.race = race
            race.start()
            return .steady(note: race.note)
        // The caller of this has looked at the connection that stands.
        case .fast: return .steady(note: WhyNot.unknown(route.origin.description).description)
        }
    }

    // MARK: What races tell

    /// The HTTP/3 connection stands, and is used from now on; at once, if it `isAsked`. False if that it stands proves
    /// nothing: it is one that was given up for its silence, and nothing has come since.
    func adopt(
        _ candidate: RouteDecision.Candidate, _ connection: ConnectionInfo, took: Duration, isAsked: Bool, note: String
    ) -> Bool {
        state.withLock { state in
            if state.silentConnection == connection.id {
                guard connection.heard.map({ clock.now.nanoseconds - $0.nanoseconds < 1_000_000_000 }) ?? false else {
                    return false
                }
                state.silentConnection = nil
            } else {
                state.headStart.fastTook(took)
            }
            state.standing = Standing(
                candidate: candidate, connection: connection, note: note, askedAt: isAsked ? clock.now : nil)
            state.resting = nil
            state.race = nil
            return true
        }
    }

    func steadyStood(took: Duration) { state.withLock { $0.headStart.steadyTook(took) } }

    /// An attempt failed; returns for how many seconds the alternative is left alone.
    func markBroken(_ service: AltService) -> Int64 { state.withLock { markBroken(service, &$0) } }

    private func markBroken(_ service: AltService, _ state: inout State) -> Int64 {
        let now = clock.wallSeconds
        let seconds = cache.markBroken(service, of: route.origin, at: now)
        if service == RouteDecision.own(route.origin).service {
            state.failures += 1
            state.brokenUntil = now + seconds
        }
        return seconds
    }

    func ended(_ race: any RunningRace) {
        state.withLock { state in
            if state.race === race { state.race = nil }
        }
    }

    // MARK: What responses tell

    /// A response came over HTTP/3.
    func answered(over connection: ConnectionInfo, status: HTTPResponse.Status) -> String? {
        let (service, isNew) = state.withLock { state -> (AltService?, Bool) in
            guard var standing = state.standing else { return (nil, false) }
            if standing.isProven, standing.connection === connection, status != .misdirectedRequest {
                return (nil, false)
            }
            let isNew = !standing.isProven
            standing.isProven = true
            if !connection.isRetired { standing.connection = connection }
            state.standing = status == .misdirectedRequest ? nil : standing
            if status != .misdirectedRequest { (state.failures, state.brokenUntil) = (0, nil) }
            return (standing.candidate.service, isNew)
        }
        guard let service else { return nil }
        guard status != .misdirectedRequest else {
            cache.forget(route.origin)
            let seconds = markBroken(service)
            return "\(service) answered 421: it is forgotten, and left alone for \(seconds) s"
        }
        if isNew { cache.markWorking(service, of: route.origin) }
        return nil
    }

    /// An exchange over HTTP/3 failed. Returns what that means for the alternative, if anything.
    func failed(_ error: TransportError) -> String? {
        let service = state.withLock { state -> AltService? in
            guard let standing = state.standing else { return nil }
            if error.code.isAboutConnecting {
                state.standing = nil
                return standing.candidate.service
            }
            if silence(of: standing, state.headStart, at: clock.now) != nil {
                state.standing = nil
                state.silentConnection = standing.connection.id
                return standing.isProven ? nil : standing.candidate.service
            }
            if standing.connection.isRetired || error.code == .goAway { state.standing = nil }
            return nil
        }
        guard let service else { return nil }
        return "\(service) is left alone for \(markBroken(service)) s"
    }

    /// Takes in what a response says of alternatives (RFC 7838 §3). Returns sentences on what came of it.
    func learn(_ response: TransportResponse) -> [String] {
        guard learns else { return [] }
        var value: String?
        for field in response.fields where field.name.canonicalName == "alt-svc" {
            value = value.map { $0 + ", " + field.value } ?? field.value
        }
        guard let value else { return [] }
        let now = clock.now
        let isKnown = state.withLock { state in
            if state.lastField == value, now < state.knownUntil { return true }
            state.lastField = value
            state.knownUntil = now.advanced(by: RouteMind.rereading)
            return false
        }
        if isKnown { return [] }
        let field = AltSvcField(value)
        let origin = route.origin
        if field.clears {
            cache.forget(origin)
            return ["Alt-Svc: the origin has no alternatives any more"]
        }
        let rules = AlternativeRules(
            origin, isOriginPrivate: response.connection.remote.flatMap(\.address)?.isPrivate,
            isVerified: route.tls.verifiesPeer)
        let wall = clock.wallSeconds
        let age = response.fields[.age].flatMap { Int64($0) } ?? 0
        let (alternatives, refused) = rules.alternatives(in: field, age: age, at: wall)
        var notes = refused.map { "Alt-Svc, in part ignored: \($0)" }
        // What could not be read at all says nothing of what was known.
        if field.entries.isEmpty, !field.faults.isEmpty { return notes }
        let before = cache.alternatives(of: origin, at: wall).map(\.alternative.service)
        cache.store(alternatives, of: origin, at: wall)
        let services = alternatives.map(\.service)
        if !services.isEmpty, !services.allSatisfy(before.contains) {
            let list = services.map(\.description).joined(separator: ", ")
            notes.append(
                cache.learns(of: origin)
                    ? "Alt-Svc: \(list) is remembered for the next request"
                    : "Alt-Svc, ignored: \(origin) is excluded from HTTP/3")
        }
        return notes
    }

    /// The same field is read again after so long, for its age begins anew with each.
    private static let rereading = Duration.seconds(60)

    // MARK: The DNS

    /// Asks for HTTPS records in the background, if it is time to; returns when to ask next.
    private func lookUp(_ state: inout State, at now: Int64) -> Int64? {
        guard learns, !state.isClosed, let name = ServiceAnswer.question(for: route.origin),
            !route.connect.overrides.contains(where: { $0.matches(route.origin) })
        else { return nil }
        guard state.lookup == nil, now >= state.nextLookup else { return state.nextLookup }
        state.nextLookup = now + Discovery.pause
        guard let resolver = route.connect.resolver ?? Discovery.systemResolver else { return nil }
        state.lookup = Task { [weak self] in
            let (services, seconds) = await Discovery.services(of: name, for: self?.route.origin, resolver)
            self?.found(services, for: seconds)
        }
        return state.nextLookup
    }

    private func found(_ services: [AltService], for seconds: Int64) {
        let now = clock.wallSeconds
        let life = min(max(seconds, Discovery.shortest), Discovery.longest)
        state.withLock { state in
            state.lookup = nil
            state.nextLookup = now + (services.isEmpty ? Discovery.pause : life)
        }
        guard !services.isEmpty, cache.alternatives(of: route.origin, at: now).isEmpty else { return }
        let rules = AlternativeRules(route.origin, isOriginPrivate: nil, isVerified: route.tls.verifiesPeer)
        let (alternatives, _) = rules.alternatives(at: services, for: life, at: now)
        if !alternatives.isEmpty { cache.store(alternatives, of: route.origin, at: now) }
    }

    /// Waits until a question to the DNS is answered, if one is under way.
    func lookupEnded() async { await state.withLock { $0.lookup }?.value }

    // MARK: The end

    /// Whether something is under way or stands.
    var isBusy: Bool { state.withLock { $0.race != nil || $0.standing != nil || $0.lookup != nil } }

    func networkChanged() {
        state.withLock { state in
            state.standing = nil
            state.resting = nil
            state.headStart = HeadStart()
            (state.failures, state.brokenUntil) = (0, nil)
            state.nextLookup = .min
            state.lastField = ""
        }
    }

    func close() {
        let (race, lookup) = state.withLock { state in
            state.isClosed = true
            return (state.race, state.lookup)
        }
        race?.cancel()
        lookup?.cancel()
    }
}

extension Endpoint {
    fileprivate var address: IPAddress? { if case .ip(let address, _) = self { address } else { nil } }
}

extension TransportError.Code {
    /// Whether it tells that no connection could be had.
    var isAboutConnecting: Bool {
        switch self {
        case .hostNotFound, .resolveFailed, .addressRefused, .connectionRefused, .connectFailed, .tlsFailed,
            .certificateInvalid, .pinMismatch, .clientCertificateInvalid, .protocolRefused, .resolveTimeout,
            .connectTimeout, .tlsTimeout:
            true
        default: false
        }
    }
}
