import Driving
import HTTP1Engine
import Pooling
import TransportCore

/// A connection of HTTP/1.1 and the exchange on it. Used on the loop.
final class H1Carrier: Carrier {
    private var engine = HTTP1Client()
    private var exchange: NativeExchange?
    private var output: [UInt8] = []
    private var linkFailure: LinkFailure?
    /// Whether the peer's bytes have ended.
    private var hasEnded = false

    // MARK: Requests

    override func begin(_ exchange: NativeExchange) {
        self.exchange = exchange
        let limits = exchange.exchange.options.limits
        var http = HTTP1Limits(headBytes: limits.head, fields: limits.fields)
        http.informationalResponses = limits.informational
        engine = HTTP1Client(limits: http)
        let hold = exchange.framing.hasContent ? exchange.exchange.options.expectContinue : nil
        exchange.step = .sending
        exchange.since = driver.now
        do throws(HTTP1Error) {
            try engine.send(head(of: exchange, expects: hold != nil))
        } catch {
            let text = "\(exchange.summary): \(error.message)"
            let failure = exchange.error(.badRequest, text, phase: .send, safety: .notSent, underlying: error)
            engine = HTTP1Client()
            return driver.finish(exchange, .failure(failure))
        }
        exchange.tell(.ready(info, reused: exchange.isReused), at: driver.now)
        driver.touch(self)
        // A body of length nought is complete with its head.
        let hasBody = engine.state == .requesting
        if hasBody { exchange.prepareUpload(driver) }
        if !hasBody {
            exchange.requestIsSent(driver)
        } else if let hold {
            exchange.holdsBodyUntil = driver.now.advanced(by: hold)
            driver.look(at: driver.now.advanced(by: hold))
        } else {
            feedUpload(of: exchange)
        }
        if exchange.step == .sending { driver.look(after: driver.limits(of: exchange).idleWrite) }
    }

    /// The head as HTTP/1.1 has it (RFC 9112 §3).
    private func head(of exchange: NativeExchange, expects: Bool) -> RequestHead {
        let request = exchange.exchange.request
        let framing = exchange.framing
        var fields = HTTPFields()
        fields.append(HTTPField(name: .hostField, value: framing.authority))
        fields.append(contentsOf: framing.fields)
        if let length = framing.contentLength {
            fields.append(HTTPField(name: .contentLength, value: String(length)))
        } else if framing.hasContent {
            fields.append(HTTPField(name: .transferEncoding, value: "chunked"))
        }
        if expects { fields.append(HTTPField(name: .expect, value: "100-continue")) }
        if framing.fields.contains(.te) {
            // TE is for this hop alone (RFC 9110 §10.1.4).
            fields.append(HTTPField(name: .connection, value: framing.closesConnection ? "TE, close" : "TE"))
        } else if framing.closesConnection {
            fields.append(HTTPField(name: .connection, value: "close"))
        }
        var target = request.target
        if state.usesAbsoluteTargets {
            // RFC 9112 §3.2.2; for OPTIONS * the path is left out (§3.2.4).
            target = "http://\(request.url.authority)" + (target == "*" ? "" : target)
            if let proxy = state.route.proxy { fields.append(contentsOf: proxy.requestFields) }
        }
        return RequestHead(method: request.method, target: target, fields: fields)
    }

    override func feedUpload(of exchange: NativeExchange) {
        guard exchange === self.exchange, exchange.holdsBodyUntil == nil else { return }
        do throws(HTTP1Error) {
            // More than the socket takes is not asked for.
            while !exchange.isUploadDone, !link.isBlocked, engine.state != .closed {
                switch exchange.nextPiece(driver) {
                case .bytes(let bytes, let isLast):
                    try engine.sendBody(bytes.span)
                    if isLast { try engine.sendEnd() }
                case .end(let trailers): try engine.sendEnd(trailers: trailers)
                case .nothing: return send()
                case .failed(let error): return driver.finish(exchange, .failure(error))
                }
                send()
            }
        } catch {
            let text = "\(exchange.summary): \(error.message)"
            driver.finish(exchange, .failure(exchange.error(.badRequest, text, underlying: error)))
        }
    }

    override func finished(_ exchange: NativeExchange) {
        guard exchange === self.exchange else { return }
        self.exchange = nil
        // A response that was complete before the request: the rest of that is of no use.
        engine.abandonBody()
        let isReusable = engine.isReusable && !isOver && !hasEnded
        if isReusable { link.setReading(true) } else { end() }
        state.released(pooled, isReusable: isReusable)
    }

    override func consumed(_ count: Int, by exchange: NativeExchange) { delivered(exchange) }

    override func delivered(_ exchange: NativeExchange) {
        guard exchange === self.exchange else { return }
        let limit = exchange.exchange.options.limits.unreadBody
        let waiting = exchange.waitingBytes
        if waiting >= limit {
            link.setReading(false)
        } else if waiting <= limit / 2 {
            link.setReading(true)
        }
    }

    // MARK: Bytes

    private func send() {
        guard engine.nextOutput(into: &output) else { return }
        exchange?.mayBeSent = true
        link.write(output)
        output.removeAll(keepingCapacity: true)
    }

    override func flush() {
        guard !isOver else { return }
        send()
        if let exchange, !link.isBlocked, !exchange.isStarved { feedUpload(of: exchange) }
    }

    override func linkReceived(_ bytes: Span<UInt8>) { engine.receive(bytes, at: driver.now) }

    override func linkSettled() { takeEvents() }

    override func linkEnded(clean: Bool) {
        guard !isOver else { return }
        hasEnded = true
        engine.receiveEnd(truncated: !clean)
        takeEvents()
        die()
    }

    override func linkFailed(_ failure: LinkFailure) {
        guard !isOver else { return }
        linkFailure = failure
        linkEnded(clean: false)
    }

    private func die() {
        if let exchange {
            let text = "\(exchange.summary): the connection ended"
            driver.finish(exchange, .failure(exchange.error(.connectionClosed, text)))
        }
        end()
        state.lost(self)
    }

    // MARK: Events

    private func takeEvents() {
        while let event = engine.nextEvent() {
            guard let exchange else {
                // Between exchanges: the peer closed, or said what nobody asked for.
                if case .closed = event { return die() }
                continue
            }
            take(event, for: exchange)
        }
    }

    private func take(_ event: HTTP1Event, for exchange: NativeExchange) {
        switch event {
        case .response(let head):
            exchange.receiveHead(head.status, head.reason, head.fields, driver)
            exchange.holdsBodyUntil = nil
            if case .prompt = exchange.exchange.delivery { driver.announce(exchange) }
        case .body(let bytes):
            if exchange.receiveBody(bytes, driver), exchange.waitingBytes >= exchange.exchange.options.limits.unreadBody
            {
                link.setReading(false)
            }
        case .end(let trailers): driver.finish(exchange, .success(trailers))
        case .informational(let head):
            let heldBody = exchange.holdsBodyUntil != nil
            _ = exchange.receiveInformational(head.status, head.reason, head.fields, at: driver.now)
            if heldBody, exchange.holdsBodyUntil == nil { feedUpload(of: exchange) }
        case .failed(let error): driver.finish(exchange, .failure(failure(of: exchange, error)))
        case .closed:
            let text = "\(exchange.summary): the peer closed the connection"
            driver.finish(exchange, .failure(exchange.error(.connectionClosed, text)))
        case .switched, .request: break
        }
    }

    private func failure(of exchange: NativeExchange, _ error: HTTP1Error) -> TransportError {
        let text = "\(exchange.summary): \(error.message)"
        switch error.code {
        case .closedBeforeResponse, .truncatedHead, .truncatedBody:
            if let linkFailure {
                let (code, words, libraryCode) = Carrier.words(linkFailure)
                let isSystem = if case .system = linkFailure { true } else { false }
                let final = isSystem && exchange.hasHead ? .bodyTruncated : code
                return exchange.error(final, "\(exchange.summary): \(words)", libraryCode: libraryCode)
            }
            return exchange.error(error.code == .truncatedBody ? .bodyTruncated : .connectionClosed, text)
        case .headTooLarge, .tooManyFields:
            return exchange.error(.headTooLarge, text, safety: .processed)
        default: return exchange.error(.malformedResponse, text, safety: .processed)
        }
    }
}
