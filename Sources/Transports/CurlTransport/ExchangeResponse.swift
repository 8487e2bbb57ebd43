import Driving
import HTTP1Engine
import Synchronization
import TransportCore

/// What comes back to an exchange. Called by libcurl with raw lines and pieces of the body.
///
/// libcurl takes much that RFC 9112 forbids: every line goes through the rules of our own engine, too.
extension ExchangeState {
    /// Takes a line of a head or of the trailers, its line end included. `false` ends the transfer.
    func receiveLine(_ line: Span<UInt8>) -> Bool {
        guard failure == nil else { return false }
        if timesReady > 0 { hasBegun = true }
        do {
            if head != nil { return try receiveTrailer(line) }
            guard let driver = route?.driver, let head = try lines.read(line, &driver.fields) else { return true }
            return try receive(head)
        } catch {
            fail(malformed(error))
            return false
        }
    }

    private func receive(_ head: ResponseHead) throws(HTTP1Error) -> Bool {
        // Before a connection is ready there is only the proxy that answers CONNECT (RFC 9110 §9.3.6).
        guard timesReady > 0 else {
            proxyHead = head
            return true
        }
        if head.status == 101 {
            throw HTTP1Error(.unexpectedSwitch, "the peer switches protocols, and was not asked to")
        }
        if head.isInformational { return try receiveInformational(head) }
        responseFraming =
            head.version == .http2 || head.version == .http3
            ? try MessageFraming.ofResponse(
                status: head.status, to: exchange.request.method, version: .http11, fields: head.fields)
            : try MessageFraming.ofResponse(
                status: head.status, to: exchange.request.method, version: head.version, fields: head.fields)
        self.head = head
        if case .length(let length) = responseFraming, case .whole(let cap) = exchange.delivery {
            body.reserveCapacity(min(length, cap, ExchangeState.reservedAtMost))
        }
        guard let driver = route?.driver else { return false }
        receiveHead(head.status, head.reason, head.fields, driver)
        // What is refused is not sent any more: libcurl stops by itself.
        if head.status < 300 { continueUpload() } else { holdsBodyUntil = nil }
        if case .prompt = exchange.delivery { driver.announce(self) }
        if bodyHasEnded { endEarly() }
        return true
    }

    /// Room that a peer gets by a mere `Content-Length`: 1 MiB. More comes as bytes come.
    private static let reservedAtMost = 1 << 20

    private func receiveInformational(_ head: ResponseHead) throws(HTTP1Error) -> Bool {
        guard let driver = route?.driver else { return false }
        let heldBody = holdsBodyUntil != nil
        guard receiveInformational(head.status, head.reason, head.fields, at: driver.now) else {
            throw HTTP1Error(
                .tooManyInformational, "more than \(exchange.options.limits.informational) informational responses")
        }
        if heldBody, holdsBodyUntil == nil { driver.later { self.feedUpload() } }
        return true
    }

    private func receiveTrailer(_ line: Span<UInt8>) throws(HTTP1Error) -> Bool {
        let limits = exchange.options.limits
        var lines =
            trailerLines ?? HeadLines(.trailers, limits: HTTP1Limits(headBytes: limits.head, fields: limits.fields))
        if case .field(let field) = try lines.read(line) { trailers.append(field) }
        trailerLines = lines
        return true
    }

    enum Taking { case taken, paused, refused }

    /// Takes a piece of the body.
    @unsafe
    func receiveBody(_ chunk: UnsafeRawBufferPointer) -> Taking {
        guard failure == nil, let route else { return .refused }
        let driver = route.driver
        if isLive, waitingBytes >= exchange.options.limits.unreadBody {
            isPaused = true
            wantsDrain.store(true, ordering: .sequentiallyConsistent)
            // The reader may have taken all of it just before.
            if waitingBytes < exchange.options.limits.unreadBody { driver.resumeLater(self) }
            return .paused
        }
        unsafe receiveBody(Span(_unsafeElements: chunk.assumingMemoryBound(to: UInt8.self)), driver)
        if bodyHasEnded { endEarly() }
        return .taken
    }

    /// Whether all of the body is in, where its framing tells.
    private var bodyHasEnded: Bool {
        switch responseFraming {
        case .none: head != nil
        case .length(let length): received >= length
        case .chunked, .untilClose, .tunnel: false
        }
    }

    /// The response is there, all of it, while the request is still going out: the rest of it is of no use.
    private func endEarly() {
        if !isBodyGone { route?.driver.endEarly(self) }
    }

    private func continueUpload() {
        guard holdsBodyUntil != nil else { return }
        holdsBodyUntil = nil
        route?.driver.later { self.feedUpload() }
    }

    private func malformed(_ error: HTTP1Error) -> TransportError {
        let code: TransportError.Code =
            switch error.code {
            case .headTooLarge, .tooManyFields: .headTooLarge
            default: .malformedResponse
            }
        let who = timesReady == 0 ? exchange.route.proxy?.description ?? "the proxy" : "\(exchange.route.origin)"
        return self.error(
            code, "the response of \(who) to \(exchange.request.method.rawValue) was refused: \(error.message)",
            safety: timesReady == 0 ? .notSent : .processed)
    }
}
