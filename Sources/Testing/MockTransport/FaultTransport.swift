import Synchronization
public import TransportCore

/// Wraps a transport and makes some of its exchanges fail, wait or come slowly, as a seeded plan says: for tests of
/// what surrounds a transport, such as retries and timeouts.
///
///     var plan = FaultPlan(seed: 7)
///     plan.refused = 0.2
///     let session = Session(transport: FaultTransport(CurlTransport(), plan))
public final class FaultTransport<Base: Transport>: Transport {
    /// The transport inside.
    public let base: Base
    private let plan: FaultPlan
    private let clock: any HTTPClock
    private let state = Mutex((next: 0, faults: [(number: Int, fault: FaultPlan.Fault)]()))

    /// Wraps `base`. Waits run on `clock`.
    public init(_ base: Base, _ plan: FaultPlan, clock: any HTTPClock = SystemClock()) {
        self.base = base
        self.plan = plan
        self.clock = clock
    }

    /// Exchanges so far.
    public var count: Int { state.withLock { $0.next } }
    /// The faults so far, each with the number of its exchange, from 0.
    public var faults: [(number: Int, fault: FaultPlan.Fault)] { state.withLock { $0.faults } }

    public func capabilities(over protocols: ProtocolSet) -> Capabilities { base.capabilities(over: protocols) }

    public func send(_ exchange: Exchange) async throws(TransportError) -> TransportResponse {
        let fault = state.withLock { state -> FaultPlan.Fault? in
            defer { state.next += 1 }
            let fault = plan.fault(of: state.next)
            if let fault { state.faults.append((state.next, fault)) }
            return fault
        }
        switch fault {
        case nil: return try await base.send(exchange)
        case .refused:
            throw error(exchange, .connectionRefused, .connect, .notSent, "was refused")
        case .lost:
            let response = try await base.send(exchange)
            response.body.cancel()
            throw error(exchange, .connectionReset, .head, .maybeProcessed, "lost its answer")
        case .stalled(let duration):
            try await wait(duration, exchange)
            return try await base.send(exchange)
        case .slow(let pace):
            var response = try await base.send(exchange)
            switch response.body.content {
            case .live(let body): response.body = ResponseBody(SlowBody(body, pace, clock))
            case .whole(let bytes, _): if !bytes.isEmpty { try await wait(pace, exchange) }
            }
            return response
        case .truncated(let count):
            var response = try await base.send(exchange)
            let failure = error(exchange, .bodyTruncated, .body, .processed, "was cut off after \(count) bytes")
            switch response.body.content {
            case .live(let body): response.body = ResponseBody(CutBody(body, after: count, failure))
            case .whole(let bytes, _): if bytes.count > count { throw failure }
            }
            return response
        }
    }

    public func shutdown(by deadline: Instant?) async { await base.shutdown(by: deadline) }

    private func wait(_ duration: Duration, _ exchange: Exchange) async throws(TransportError) {
        let wake = clock.now.advanced(by: duration)
        let end = exchange.deadline.map { min($0, wake) } ?? wake
        do { try await clock.sleep(until: end) } catch {
            throw self.error(exchange, .cancelled, .queue, .notSent, "was cancelled")
        }
        if end < wake { throw error(exchange, .totalTimeout, .queue, .notSent, "took too long") }
    }

    private func error(
        _ exchange: Exchange, _ code: TransportError.Code, _ phase: TransportError.Phase, _ safety: RetrySafety,
        _ what: String
    ) -> TransportError {
        TransportError(
            code, phase: phase, retrySafety: safety, endpoint: exchange.route.origin.description,
            message: "\(exchange.request) \(what), as the plan of faults says", elapsed: .zero)
    }
}

/// A body whose pieces come later.
private final class SlowBody: BodySource {
    private let inner: LiveBody
    private let pace: Duration
    private let clock: any HTTPClock

    init(_ inner: LiveBody, _ pace: Duration, _ clock: any HTTPClock) {
        self.inner = inner
        self.pace = pace
        self.clock = clock
    }

    func next() async throws -> [UInt8]? {
        try await clock.sleep(for: pace)
        return try await inner.source.next()
    }

    var trailers: HTTPFields { inner.source.trailers }
    func cancel() { inner.source.cancel() }
}

/// A body that breaks off.
private final class CutBody: BodySource {
    private let inner: LiveBody
    /// Bytes that still come through; `nil` once the body was cut.
    private let left: Mutex<Int?>
    private let failure: TransportError

    init(_ inner: LiveBody, after count: Int, _ failure: TransportError) {
        self.inner = inner
        left = Mutex(count)
        self.failure = failure
    }

    func next() async throws -> [UInt8]? {
        guard left.withLock({ $0 != nil }) else { throw failure }
        guard let piece = try await inner.source.next() else { return nil }
        let room = left.withLock { left in
            let room = left ?? 0
            left = piece.count <= room ? room - piece.count : nil
            return room
        }
        if piece.count <= room { return piece }
        inner.source.cancel()
        guard room > 0 else { throw failure }
        return Array(piece[..<room])
    }

    var trailers: HTTPFields { inner.source.trailers }
    func cancel() { inner.source.cancel() }
}
