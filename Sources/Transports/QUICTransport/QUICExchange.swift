import DequeModule
import Driving
import HTTP3Engine
import IOLoop
import Pooling
import TransportCore

/// One exchange of this transport: what its route and its connection need to know of it. Used on the loop.
final class QUICExchange: OngoingExchange, @unchecked Sendable {
    var ticket: WaiterTicket?
    var route: RouteState?
    var carrier: Carrier?
    var stream: HTTP3Stream?
    /// Whether it has a place on a connection whose handshake is not done, and waits for that.
    var isDeferred = false
    /// Bytes that count as read, and that the reader is yet to take.
    var prepaid = 0

    // Rates
    private var sendGate: RateGate?
    private var receiveGate: RateGate?
    /// A piece of the request's body of which a part has gone.
    private var leftover: (bytes: [UInt8], gone: Int, isLast: Bool)?
    /// What came before its time.
    private var early = Deque<[UInt8]>()
    private var ending: HTTPFields?
    private var rateTimer: LoopTimer?

    override func begin(on driver: ExchangeDriver) {
        guard let driver = driver as? Driver else { return }
        let rates = exchange.options.rates
        sendGate = rates.send.map { RateGate($0, at: driver.now) }
        receiveGate = rates.receive.map { RateGate($0, at: driver.now) }
        let route = driver.routeState(for: exchange.route)
        self.route = route
        route.enqueue(self)
    }

    override func leave() {
        if let rateTimer { carrier?.driver.loop.cancel(rateTimer) }
        rateTimer = nil
        early = []
        leftover = nil
        if let ticket { route?.withdraw(self, ticket) }
        carrier?.finished(self)
        carrier = nil
        route = nil
    }

    override func drained() {
        var count = takeReported()
        let paid = min(count, prepaid)
        prepaid -= paid
        count -= paid
        carrier?.consumed(count, by: self)
    }

    override func feedUpload() { carrier?.feedUpload(of: self) }

    override func hasTimedOut() { carrier?.suspect(since: since) }

    override var awaited: (phase: TransportError.Phase, since: Instant) {
        guard let opening = route?.leadingOpening else { return (.queue, since) }
        return (opening.phase, opening.phaseSince)
    }

    /// Whether it may go out before the handshake is done (RFC 8470 §2): the caller wants it, and the method is safe.
    var mayGoEarly: Bool {
        guard exchange.options.earlyData, !framing.hasContent, !onlyConnects else { return false }
        switch exchange.request.method {
        case .get, .head, .options: return true
        default: return false
        }
    }

    /// Whether a head exceeds what this exchange allows, where that is less than the connection does.
    func isTooLarge(_ fields: HTTPFields, _ driver: Driver) -> Bool {
        let limits = driver.limits(of: self)
        if fields.count > limits.fields { return true }
        guard limits.head < QUICExchange.connectionHead else { return false }
        return fields.reduce(0) { $0 + $1.name.rawName.utf8.count + $1.value.utf8.count + 4 } > limits.head
    }

    /// Bytes of a head that the connection takes.
    private static let connectionHead = 256 << 10

    /// The error of a head that is too large.
    var headTooLarge: TransportError {
        error(.headTooLarge, "\(summary): the response's head exceeds the limits of the exchange", phase: .head)
    }

    // MARK: Rates

    /// The next part of the request's body that may go now.
    func nextPart(_ driver: Driver) -> Piece {
        guard sendGate != nil else { return nextPiece(driver) }
        let room = sendGate?.room(at: driver.now) ?? 0
        guard room > 0 else {
            look(driver)
            return .nothing
        }
        if leftover == nil {
            switch nextPiece(driver) {
            case .bytes(let bytes, let isLast) where bytes.count > room: leftover = (bytes, 0, isLast)
            case .bytes(let bytes, let isLast):
                sendGate?.pass(bytes.count)
                return .bytes(bytes, isLast: isLast)
            case let other: return other
            }
        }
        guard let (bytes, gone, isLast) = leftover else { return .nothing }
        let end = min(gone + room, bytes.count)
        sendGate?.pass(end - gone)
        leftover = end < bytes.count ? (bytes, end, isLast) : nil
        if step == .sending || step == .waiting { since = driver.now }
        return .bytes(Array(bytes[gone..<end]), isLast: isLast && end == bytes.count)
    }

    /// Whether nothing of the request's body is left.
    var isUploadOver: Bool { isUploadDone && leftover == nil }

    /// Ends the reading of the request's body, and forgets what was read.
    func dropUpload() {
        leftover = nil
        stopUpload()
    }

    /// Keeps bytes for later if they come too fast. False: they may be handed on now.
    func holdsBack(_ bytes: [UInt8], end: HTTPFields?, _ driver: Driver) -> Bool {
        guard receiveGate != nil else { return false }
        if !bytes.isEmpty { early.append(bytes) }
        if let end { ending = end }
        since = driver.now
        release(driver)
        return true
    }

    /// Hands on what may pass by now.
    private func release(_ driver: Driver) {
        while let next = early.first {
            let room = receiveGate?.room(at: driver.now) ?? .max
            guard room > 0 else { return look(driver) }
            early.removeFirst()
            let part = next.count > room ? Array(next[..<room]) : next
            if next.count > room { early.prepend(Array(next[room...])) }
            receiveGate?.pass(part.count)
            carrier?.hand(part, to: self, isLast: early.isEmpty && ending != nil)
        }
        if let ending { driver.finish(self, .success(ending)) }
    }

    private func look(_ driver: Driver) {
        guard rateTimer == nil else { return }
        rateTimer = driver.loop.schedule(at: driver.now.advanced(by: RateGate.step)) { [weak self] in
            driver.wake()
            guard let self, step != .done else { return }
            rateTimer = nil
            if !early.isEmpty || ending != nil { release(driver) }
            if step != .done, !isUploadOver { feedUpload() }
        }
    }

    /// Whether the response has come in full, and only its rate keeps it back.
    var isHeldBack: Bool { ending != nil }
}
