import Driving
import HTTP2Engine
import IOLoop
import Pooling
import TransportCore

/// A connection of HTTP/2 and the exchanges on it, each in the slot of its stream. Used on the loop.
final class H2Carrier: Carrier {
    private let engine: HTTP2Connection
    private var exchanges: [NativeExchange?] = []
    private var timer: LoopTimer?
    private var timerAt = Instant(nanoseconds: .max)
    private var isRetired = false
    /// Why the link is of no more use, where it told.
    private var linkFailure: LinkFailure?
    private var heardAt: Instant
    private var knownStreams: UInt32

    /// How many exchanges it carries at once, as far as is known.
    var streams: Int { Int(clamping: engine.peerSettings.maxConcurrentStreams) }

    /// An engine as the driver's configuration wants it.
    static func engine(for driver: Driver) throws(HTTP2Error) -> HTTP2Connection {
        var options = HTTP2Options()
        options.keepAliveInterval = driver.configuration.keepAlive
        options.keepAliveTimeout = driver.configuration.keepAliveTimeout
        return try HTTP2Connection(.client, options: options, at: driver.now)
    }

    init(
        _ state: RouteState, _ pooled: PooledConnection, _ link: Link, _ info: ConnectionInfo,
        _ history: OpeningHistory, _ engine: HTTP2Connection
    ) {
        self.engine = engine
        knownStreams = engine.peerSettings.maxConcurrentStreams
        heardAt = state.driver.now
        super.init(state, pooled, link, info, history)
        driver.touch(self)
    }

    // MARK: Requests

    override func begin(_ exchange: NativeExchange) {
        let request = exchange.exchange.request
        let framing = exchange.framing
        var head = HTTP2RequestHead(
            method: request.method, scheme: state.route.origin.scheme.rawValue, authority: framing.authority,
            path: request.target, fields: framing.fields)
        let hold = framing.hasContent ? exchange.exchange.options.expectContinue : nil
        if hold != nil { head.fields.append(HTTPField(name: .expect, value: "100-continue")) }
        let stream: HTTP2Stream
        do throws(HTTP2Error) {
            stream = try engine.request(
                head, contentLength: framing.contentLength, hasContent: framing.hasContent, limits: limits(of: exchange)
            )
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
        exchange.since = driver.now
        if framing.hasContent {
            exchange.step = .sending
            exchange.prepareUpload(driver)
            if let hold {
                exchange.holdsBodyUntil = driver.now.advanced(by: hold)
                driver.look(at: driver.now.advanced(by: hold))
            } else {
                feedUpload(of: exchange)
            }
        } else {
            exchange.step = .sending
            exchange.requestIsSent(driver)
        }
        if exchange.step == .sending { driver.look(after: driver.limits(of: exchange).idleWrite) }
        driver.touch(self)
    }

    /// What the exchange allows the peer. The window of a stream is 256 KiB at first, and grows while its reader keeps
    /// up; a limit of the exchange below that bounds it for good.
    private func limits(of exchange: NativeExchange) -> HTTP2StreamLimits {
        let limits = driver.limits(of: exchange)
        let window = limits.unreadBody < Int(engine.options.streamWindow) ? Int32(max(1, limits.unreadBody)) : nil
        return HTTP2StreamLimits(headBytes: limits.head, fields: limits.fields, window: window)
    }

    /// The engine did not take the request: nothing of it was sent.
    private func refused(_ exchange: NativeExchange, _ error: HTTP2Error) {
        exchange.carrier = nil
        switch error.code {
        case .closing, .streamIDsExhausted:
            state.retire(pooled)
            state.released(pooled, isReusable: false)
            state.requeue(exchange)
        case .streamLimit:
            // The peer has lowered its limit meanwhile: the pool learns it first.
            state.setStreams(engine.openStreams, of: pooled)
            state.released(pooled, isReusable: true)
            state.requeue(exchange)
        default:
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

    override func feedUpload(of exchange: NativeExchange) {
        guard let stream = exchange.stream, exchange.holdsBodyUntil == nil, !exchange.isUploadDone else { return }
        do throws(HTTP2Error) {
            while true {
                switch exchange.nextPiece(driver) {
                case .bytes(let bytes, let isLast):
                    let hasRoom = try engine.send(bytes, on: stream, end: isLast)
                    driver.touch(self)
                    if isLast || !hasRoom { return }
                case .end(let trailers):
                    try engine.end(stream, trailers: trailers.isEmpty ? nil : trailers)
                    return driver.touch(self)
                case .nothing: return
                case .failed(let error): return driver.finish(exchange, .failure(error))
                }
            }
        } catch {
            let text = "\(exchange.summary): \(error.message)"
            driver.finish(exchange, .failure(exchange.error(.sendFailed, text, underlying: error)))
        }
    }

    override func finished(_ exchange: NativeExchange) {
        guard let stream = exchange.stream else { return }
        exchange.stream = nil
        if exchanges.indices.contains(Int(stream.slot)), exchanges[Int(stream.slot)] === exchange {
            exchanges[Int(stream.slot)] = nil
        }
        // Harmless where the stream is complete.
        engine.reset(stream, .cancel)
        driver.touch(self)
    }

    override func consumed(_ count: Int, by exchange: NativeExchange) {
        guard let stream = exchange.stream, count > 0 else { return }
        engine.consume(count, of: stream, at: driver.now)
        driver.touch(self)
    }

    override func suspect(since: Instant) {
        if heardAt <= since { retire() }
    }

    // MARK: Bytes

    override func flush() {
        guard !isOver else { return }
        var hasMore = true
        while hasMore, !link.isBlocked, !isOver {
            driver.scratch.removeAll(keepingCapacity: true)
            hasMore = engine.nextOutput(into: &driver.scratch)
            guard !driver.scratch.isEmpty else { break }
            link.write(driver.scratch)
        }
        takeEvents()
        arm()
        if engine.isOver, !isOver { die(.system(0)) }
    }

    override func linkReceived(_ bytes: Span<UInt8>) { engine.receive(bytes, at: driver.now) }

    override func linkSettled() {
        guard !isOver else { return }
        heardAt = driver.now
        takeEvents()
        driver.touch(self)
    }

    override func linkEnded(clean: Bool) {
        guard !isOver else { return }
        engine.receiveEnd(at: driver.now)
        die(linkFailure ?? .system(0))
    }

    override func linkFailed(_ failure: LinkFailure) {
        linkFailure = failure
        linkEnded(clean: false)
    }

    override func close() {
        guard !isOver else { return }
        // GOAWAY tells the peer that this was meant (RFC 9113 §5.4.1).
        engine.close()
        driver.scratch.removeAll(keepingCapacity: true)
        engine.nextOutput(into: &driver.scratch)
        link.write(driver.scratch)
        leave()
    }

    private func die(_ failure: LinkFailure) {
        guard !isOver else { return }
        takeEvents()
        leave()
        state.lost(self)
    }

    private func leave() {
        end()
        if let timer { driver.loop.cancel(timer) }
        timer = nil
    }

    private func retire() {
        guard !isRetired else { return }
        isRetired = true
        state.retire(pooled)
    }

    // MARK: Time

    private func arm() {
        guard let deadline = engine.deadline, deadline < timerAt, !isOver else { return }
        if let timer { driver.loop.cancel(timer) }
        timerAt = deadline
        timer = driver.loop.schedule(at: deadline) { [unowned self] in expire() }
    }

    private func expire() {
        driver.wake()
        timer = nil
        timerAt = Instant(nanoseconds: .max)
        guard !isOver else { return }
        if let deadline = engine.deadline, deadline <= driver.now { engine.expire(at: driver.now) }
        driver.touch(self)
    }

    // MARK: Events

    @inline(__always)
    private func exchange(_ stream: HTTP2Stream) -> NativeExchange? {
        let slot = Int(stream.slot)
        return slot < exchanges.count ? exchanges[slot] : nil
    }

    private func takeEvents() {
        // Nobody who waits gets the place of one whose stream ends with the connection.
        if engine.error != nil { retire() }
        while let event = engine.nextEvent() {
            switch event {
            case .response(let stream, let status, let fields, let end):
                guard let exchange = exchange(stream) else { break }
                exchange.receiveHead(status, "", fields, driver)
                if end {
                    driver.finish(exchange, .success([:]))
                } else if case .prompt = exchange.exchange.delivery {
                    driver.announce(exchange)
                }
            case .data(let stream, let bytes, let end): receive(bytes, on: stream, end: end)
            case .closed(let stream, let closing): closed(stream, closing)
            case .trailers(let stream, let fields):
                if let exchange = exchange(stream) { driver.finish(exchange, .success(fields)) }
            case .informational(let stream, let status, let fields):
                if let exchange = exchange(stream) { receiveInformational(exchange, status, fields) }
            case .writable(let stream): if let exchange = exchange(stream) { feedUpload(of: exchange) }
            case .settings(let settings):
                guard settings.maxConcurrentStreams != knownStreams else { break }
                knownStreams = settings.maxConcurrentStreams
                state.setStreams(Int(clamping: knownStreams), of: pooled)
            case .goAway: retire()
            case .pingAcknowledged, .request: break
            case .failed: retire()
            }
        }
    }

    private func receive(_ bytes: [UInt8], on stream: HTTP2Stream, end: Bool) {
        guard let exchange = exchange(stream) else { return engine.consume(bytes.count, of: stream, at: driver.now) }
        if !bytes.isEmpty, !exchange.receiveBody(bytes, driver), !end {
            // It is kept for a buffered response, whose cap bounds it.
            engine.consume(bytes.count, of: stream, at: driver.now)
            exchange.prepaid += bytes.count
        }
        if end { driver.finish(exchange, .success([:])) }
    }

    private func receiveInformational(_ exchange: NativeExchange, _ status: Int, _ fields: HTTPFields) {
        let heldBody = exchange.holdsBodyUntil != nil
        guard exchange.receiveInformational(status, "", fields, at: driver.now) else {
            let limit = exchange.exchange.options.limits.informational
            let text = "\(exchange.summary): more than \(limit) informational responses came"
            return driver.finish(exchange, .failure(exchange.error(.malformedResponse, text)))
        }
        if heldBody, exchange.holdsBodyUntil == nil { feedUpload(of: exchange) }
    }

    private func closed(_ stream: HTTP2Stream, _ closing: HTTP2Closing) {
        if let exchange = exchange(stream) {
            exchanges[Int(stream.slot)] = nil
            exchange.stream = nil
            exchange.mayBeSent = closing.wasSent
            driver.finish(exchange, .failure(error(of: exchange, closing)))
        }
        state.released(pooled, isReusable: true)
    }
}

extension H2Carrier {
    /// What the end of a stream means for its exchange.
    private func error(of exchange: NativeExchange, _ closing: HTTP2Closing) -> TransportError {
        var code: TransportError.Code
        var words = closing.description
        var libraryCode: String? = "HTTP/2 \(closing.code)"
        switch closing.cause {
        case .complete:
            code = .malformedResponse
            words = "the stream ended without a response"
        case .localReset, .peerReset: code = closing.code == .refusedStream ? .streamRefused : .streamReset
        case .goAway: code = .goAway
        case .malformed, .tooManyInformational: code = .malformedResponse
        case .headTooLarge: code = .headTooLarge
        case .connection: (code, words, libraryCode) = connectionError(exchange, closing)
        }
        let hasBegun = exchange.hasHead || closing.cause == .headTooLarge
        let safety: RetrySafety? = hasBegun ? .processed : closing.isUnprocessed ? .notSent : nil
        return exchange.error(
            code, "\(exchange.summary): \(words)", safety: safety, libraryCode: libraryCode)
    }

    private func connectionError(
        _ exchange: NativeExchange, _ closing: HTTP2Closing
    ) -> (TransportError.Code, String, String?) {
        if let linkFailure {
            let (code, words, libraryCode) = Carrier.words(linkFailure)
            if case .system = linkFailure, exchange.hasHead { return (.bodyTruncated, words, libraryCode) }
            return (code, words, libraryCode)
        }
        guard let error = engine.error else { return (.connectionClosed, closing.description, nil) }
        switch error.code {
        case .connectionLost, .closing:
            return (exchange.hasHead ? .bodyTruncated : .connectionClosed, error.message, nil)
        case .pingTimeout, .settingsTimeout: return (.connectionClosed, error.message, nil)
        case .protocolViolation, .flood:
            return (.protocolViolation, error.message, error.wireCode.map { "HTTP/2 \($0)" })
        default: return (.libraryFailure, error.message, nil)
        }
    }
}
