import Driving
import HTTP3Engine
import IOLoop
import Pooling
import QUICEngine
import TransportCore

/// A connection that carries exchanges, each in the slot of its stream. Used on the loop.
///
/// One that sends early data stands before its handshake is done: exchanges that may not go early, and those whose
/// early data the server did not take, wait in it for the end of the handshake.
final class Carrier: LinkUser {
    let state: RouteState
    let pooled: PooledConnection
    let link: Link
    let history: OpeningHistory
    let readyAt: Instant
    let driver: Driver
    private(set) var info: ConnectionInfo
    let http: HTTP3Connection

    private var exchanges: [QUICExchange?] = []
    /// Those that wait for the end of the handshake.
    private var deferred: [QUICExchange] = []
    private var isReady: Bool
    private var isRetired = false
    private var knownStreams = -1

    /// How many exchanges it may carry at once, as far as is known.
    var streams: Int { http.openStreams + http.availableStreams }

    init(
        _ state: RouteState, _ pooled: PooledConnection, _ link: Link, _ handshake: QUICHandshake?,
        _ history: OpeningHistory
    ) {
        self.state = state
        self.pooled = pooled
        self.link = link
        self.history = history
        driver = state.driver
        readyAt = state.driver.now
        http = link.http
        isReady = handshake != nil
        info = Carrier.info(link, handshake, id: ConnectionNumber.next())
        link.user = self
        driver.touch(link)
    }

    private static func info(
        _ link: Link, _ handshake: QUICHandshake?, id: UInt64, continuing before: ConnectionInfo? = nil
    ) -> ConnectionInfo {
        let local = link.ways.last?.socket.localEndpoint
        let tls = ConnectionInfo.TLSInfo(
            version: .tls13, cipher: handshake?.cipher, group: handshake?.group, alpn: handshake?.alpn ?? "h3",
            resumed: handshake?.resumed ?? true, certificates: handshake?.certificates ?? [])
        return ConnectionInfo(
            id: id, version: .http3, local: local, remote: link.remote, tls: tls, continuing: before)
    }

    // MARK: Requests

    /// Sends an exchange's request, now or when the handshake is done.
    func begin(_ exchange: QUICExchange) {
        guard isReady || (exchange.mayGoEarly && http.quic.sendsEarlyData) else { return wait(exchange) }
        request(exchange)
    }

    private func wait(_ exchange: QUICExchange) {
        exchange.isDeferred = true
        exchange.enter(.securing, driver)
        deferred.append(exchange)
    }

    private func request(_ exchange: QUICExchange) {
        guard !exchange.onlyConnects else {
            exchange.tell(.ready(info, reused: exchange.isReused), at: driver.now)
            exchange.carrier = nil
            state.returned(pooled)
            return driver.finish(exchange, .success([:]))
        }
        let request = exchange.exchange.request
        let framing = exchange.framing
        var head = HTTP3RequestHead(
            method: request.method, scheme: state.route.origin.scheme.rawValue, authority: framing.authority,
            path: request.target, fields: framing.fields)
        let hold = framing.hasContent ? exchange.exchange.options.expectContinue : nil
        if hold != nil { head.fields.append(HTTPField(name: .expect, value: "100-continue")) }
        let stream: HTTP3Stream
        do throws(HTTP3Error) {
            stream = try http.request(head, contentLength: framing.contentLength, hasContent: framing.hasContent)
        } catch {
            return refused(exchange, error)
        }
        let slot = Int(stream.slot)
        while exchanges.count <= slot { exchanges.append(nil) }
        exchanges[slot] = exchange
        exchange.stream = stream
        // It goes out at the end of this turn; how the stream ends tells more exactly.
        exchange.mayBeSent = true
        exchange.tell(.ready(info, reused: exchange.isReused), at: driver.now)
        if !isReady { exchange.tell(.note("sent as early data (RFC 8470)"), at: driver.now) }
        exchange.enter(.sending, driver)
        if framing.hasContent {
            exchange.prepareUpload(driver)
            if let hold {
                exchange.holdsBodyUntil = driver.now.advanced(by: hold)
                driver.look(at: driver.now.advanced(by: hold))
            } else {
                feedUpload(of: exchange)
            }
        } else {
            exchange.requestIsSent(driver)
        }
        driver.touch(link)
    }

    /// The engine did not take the request: nothing of it was sent.
    private func refused(_ exchange: QUICExchange, _ error: HTTP3Error) {
        switch error.code {
        case .notReady: wait(exchange)
        case .closing, .connectionEnded:
            exchange.carrier = nil
            retire()
            state.released(pooled, isReusable: false)
            state.requeue(exchange)
        case .streamLimit:
            // The peer allows less than was thought: the pool learns it first.
            exchange.carrier = nil
            knownStreams = http.openStreams
            state.setStreams(knownStreams, of: pooled)
            state.released(pooled, isReusable: true)
            state.requeue(exchange)
        default:
            exchange.carrier = nil
            state.released(pooled, isReusable: true)
            let code: TransportError.Code = error.code == .libraryFailure ? .libraryFailure : .badRequest
            driver.finish(
                exchange,
                .failure(
                    exchange.error(
                        code, "\(exchange.summary): \(error.message)", phase: .send, safety: .notSent,
                        underlying: error)))
        }
    }

    /// There may be more of an exchange's body.
    func feedUpload(of exchange: QUICExchange) {
        guard let stream = exchange.stream, exchange.holdsBodyUntil == nil else { return }
        do throws(HTTP3Error) {
            while !exchange.isUploadOver, http.room(on: stream) > 0 {
                switch exchange.nextPart(driver) {
                case .bytes(let bytes, let isLast):
                    try http.send(bytes, on: stream, end: isLast)
                    driver.touch(link)
                    if isLast { return }
                case .end(let trailers):
                    try http.end(stream, trailers: trailers.isEmpty ? nil : trailers)
                    return driver.touch(link)
                case .nothing: return
                case .failed(let error): return driver.finish(exchange, .failure(error))
                }
            }
        } catch {
            let text = "\(exchange.summary): \(error.message)"
            driver.finish(exchange, .failure(exchange.error(.sendFailed, text, underlying: error)))
        }
    }

    /// The exchange has ended, well or not: its stream is let go.
    func finished(_ exchange: QUICExchange) {
        if exchange.isDeferred {
            exchange.isDeferred = false
            deferred.removeAll { $0 === exchange }
            state.released(pooled, isReusable: true)
        }
        guard let stream = exchange.stream else { return }
        exchange.stream = nil
        if exchanges.indices.contains(Int(stream.slot)), exchanges[Int(stream.slot)] === exchange {
            exchanges[Int(stream.slot)] = nil
        }
        // RESET_STREAM and STOP_SENDING, harmless where the stream is complete. Its place is free when the engine says
        // that it is closed.
        http.reset(stream)
        driver.touch(link)
    }

    /// The reader took bytes of the response.
    func consumed(_ count: Int, by exchange: QUICExchange) {
        guard let stream = exchange.stream, count > 0 else { return }
        http.consume(count, of: stream)
        driver.touch(link)
    }

    /// An exchange waited too long since then: a connection that was silent for as long may be dead.
    func suspect(since: Instant) { if http.quic.lastHeard <= since { retire() } }

    /// Closes a connection that carries nothing any more.
    func close() {
        info.retire()
        link.end(.close)
    }

    private func retire() {
        guard !isRetired else { return }
        isRetired = true
        info.retire()
        state.retire(pooled)
    }

    // MARK: What the link tells

    func linkHeard() {}

    func linkReceived() { info.heard(at: http.quic.lastHeard) }

    /// Nobody who waits gets the place of one whose stream ends with the connection.
    func linkIsEnding() { retire() }

    /// Those who come now are better off with a connection that is known to live.
    func linkIsSilent() { retire() }

    func linkTook(_ event: HTTP3Event) {
        switch event {
        case .response(let stream, let status, let fields, let end): receive(status, fields, on: stream, end: end)
        case .data(let stream, let bytes, let end): receive(bytes, on: stream, end: end)
        case .closed(let stream, let closing): closed(stream, closing)
        case .trailers(let stream, let fields):
            guard let exchange = exchange(stream) else { break }
            if !exchange.holdsBack([], end: fields, driver) { driver.finish(exchange, .success(fields)) }
        case .informational(let stream, let status, let fields):
            if let exchange = exchange(stream) { receiveInformational(exchange, status, fields) }
        case .writable(let stream): if let exchange = exchange(stream) { feedUpload(of: exchange) }
        case .stopped(let stream):
            guard let exchange = exchange(stream) else { break }
            exchange.dropUpload()
            exchange.holdsBodyUntil = nil
            if exchange.step == .sending { exchange.enter(.waiting, driver) }
        case .goAway: retire()
        case .quic(let event): take(event)
        case .failed(let error): fail(error)
        case .settings, .request: break
        }
    }

    private func take(_ event: QUICEvent) {
        switch event {
        case .handshakeDone(let handshake):
            guard !isReady else { break }
            isReady = true
            info = Carrier.info(link, handshake, id: info.id, continuing: info)
            for exchange in exchanges { exchange?.info = info }
            beginDeferred()
            updateStreams()
        case .streamsAvailable: updateStreams()
        default: break
        }
    }

    private func beginDeferred() {
        let waiting = deferred
        deferred = []
        for exchange in waiting {
            exchange.isDeferred = false
            exchange.info = info
            request(exchange)
        }
    }

    private func updateStreams() {
        let now = streams
        guard now != knownStreams else { return }
        knownStreams = now
        state.setStreams(now, of: pooled)
    }

    @inline(__always)
    private func exchange(_ stream: HTTP3Stream) -> QUICExchange? {
        let slot = Int(stream.slot)
        return slot < exchanges.count ? exchanges[slot] : nil
    }

    private func receive(_ status: Int, _ fields: HTTPFields, on stream: HTTP3Stream, end: Bool) {
        guard let exchange = exchange(stream) else { return }
        exchange.info = info
        exchange.receiveHead(status, "", fields, driver)
        if exchange.isTooLarge(fields, driver) {
            driver.finish(exchange, .failure(exchange.headTooLarge))
        } else if end {
            driver.finish(exchange, .success([:]))
        } else if case .prompt = exchange.exchange.delivery {
            driver.announce(exchange)
        }
    }

    private func receive(_ bytes: [UInt8], on stream: HTTP3Stream, end: Bool) {
        guard let exchange = exchange(stream) else { return http.consume(bytes.count, of: stream) }
        if exchange.holdsBack(bytes, end: end ? [:] : nil, driver) { return }
        hand(bytes, to: exchange, isLast: end)
        if end { driver.finish(exchange, .success([:])) }
    }

    /// Gives a piece of the body to its exchange.
    func hand(_ bytes: [UInt8], to exchange: QUICExchange, isLast: Bool) {
        guard !bytes.isEmpty, !exchange.receiveBody(bytes, driver), !isLast, let stream = exchange.stream else {
            return
        }
        // It is kept for a buffered response, whose cap bounds it.
        http.consume(bytes.count, of: stream)
        exchange.prepaid += bytes.count
        driver.touch(link)
    }

    private func receiveInformational(_ exchange: QUICExchange, _ status: Int, _ fields: HTTPFields) {
        let heldBody = exchange.holdsBodyUntil != nil
        guard exchange.receiveInformational(status, "", fields, at: driver.now) else {
            let limit = exchange.exchange.options.limits.informational
            let text = "\(exchange.summary): more than \(limit) informational responses came"
            return driver.finish(exchange, .failure(exchange.error(.malformedResponse, text)))
        }
        if heldBody, exchange.holdsBodyUntil == nil { feedUpload(of: exchange) }
    }

    // MARK: The ends of streams and of the connection

    private func closed(_ stream: HTTP3Stream, _ closing: HTTP3Closing) {
        if let exchange = exchange(stream) {
            exchanges[Int(stream.slot)] = nil
            exchange.stream = nil
            if closing.cause == .earlyDataRejected, http.quic.closing == nil { return sendAgain(exchange) }
            if !(closing.cause == .complete && exchange.isHeldBack) {
                exchange.mayBeSent = closing.wasSent
                driver.finish(exchange, .failure(error(of: exchange, closing)))
            }
        }
        updateStreams()
        state.released(pooled, isReusable: true)
    }

    /// The server did not take the early data. It has not acted on it, so the same connection may carry it again
    /// (RFC 8470 §4).
    private func sendAgain(_ exchange: QUICExchange) {
        exchange.mayBeSent = false
        exchange.tell(
            .note("the server did not take the early data; sent again on the same connection"), at: driver.now)
        if isReady { request(exchange) } else { wait(exchange) }
    }

    /// All streams were closed before.
    private func fail(_ error: HTTP3Error) {
        let waiting = deferred
        deferred = []
        for exchange in waiting {
            exchange.isDeferred = false
            exchange.carrier = nil
            if let code = error.closing?.cause, Carrier.isFinal(code) {
                driver.finish(exchange, .failure(exchange.error(Opening.failure(error, state.route))))
            } else {
                // Nothing of it was sent: another connection, with a handshake of its own, may carry it.
                state.requeue(exchange)
            }
        }
        info.retire()
        state.lost(self)
    }

    /// Whether another attempt would come to the same.
    private static func isFinal(_ cause: QUICClosing.Cause) -> Bool {
        switch cause {
        case .tls, .versionNegotiation, .libraryFailure: true
        default: false
        }
    }
}
