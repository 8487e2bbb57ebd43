package import HTTPTypes
package import Wire

/// The client's end of one HTTP/1 connection (RFC 9112): one exchange after another, never two at once.
///
/// It takes bytes and gives events and output; whoever owns the socket feeds it and flushes it. What is read goes
/// into events in its order, an error too, as `.failed`: so what came before the fault is not lost. A call that
/// throws has changed nothing. HTTP/1 has no timers of its own: there is no deadline.
package struct HTTP1Client: Sendable {
    private let limits: HTTP1Limits
    private var reader: MessageReader<ResponseHeadLines>
    private var events = EventQueue()
    private var output: [UInt8] = []
    private var body = BodyWriter(.none)
    private var method = HTTPRequest.Method.get
    private var askedToUpgrade = false
    private var informational = 0
    /// Whether request and response, as far as they are known, let the connection live on.
    private var persists = true

    /// How far the exchange has come.
    package private(set) var state = ExchangeState.idle

    package init(limits: HTTP1Limits = HTTP1Limits()) {
        self.limits = limits
        reader = MessageReader(ResponseHeadLines(limits: limits), limits: limits)
    }

    /// Whether the next request can be sent: the last exchange is complete, and the connection lives on.
    package var isReusable: Bool { state == .idle }

    /// Writes a request's head. What its fields say of the body's length is how the body is framed; contradictions
    /// are refused (RFC 9112 §6), as is a missing or a second Host (§3.2). Nothing is added to the fields.
    ///
    /// A request with no body (`.none`, `.length(0)`) is complete with this call; else `sendBody` and `sendEnd` follow.
    @discardableResult
    package mutating func send(_ head: RequestHead) throws(HTTP1Error) -> MessageFraming {
        let begun = try next(.requestHead)
        let framing = try MessageFraming.ofRequest(version: head.version, fields: head.fields)
        if head.method == .connect, framing != .none {
            throw HTTP1Error(.invalidMessage, "CONNECT has no body, and must not announce one")
        }
        try HeadWriter.write(head, into: &output)
        let options = ConnectionOptions(head.fields)
        state = begun
        method = head.method
        body = BodyWriter(framing)
        persists = options.persists(head.version)
        askedToUpgrade = options.upgrade
        informational = 0
        if body.isEmpty { advance(.requestEnd) }
        return framing
    }

    /// Writes a part of the request's body; behind `.switched`, bytes of the other protocol.
    package mutating func sendBody(_ bytes: Span<UInt8>) throws(HTTP1Error) {
        if state == .switched { return output.append(bytes) }
        _ = try next(.requestEnd)
        try body.write(bytes, into: &output)
    }

    /// Ends the request's body. Trailers need chunked framing.
    package mutating func sendEnd(trailers: HTTPFields = [:]) throws(HTTP1Error) {
        _ = try next(.requestEnd)
        try body.end(trailers: trailers, into: &output)
        advance(.requestEnd)
        finishIfComplete()
    }

    /// Gives up a request's body of which not all was sent, as after an early response. The response is read on, and
    /// the connection is not used again. Does nothing if the request is complete.
    package mutating func abandonBody() {
        guard state.after(.requestEnd) != nil else { return }
        persists = false
        output.removeAll(keepingCapacity: true)
        advance(.requestEnd)
        finishIfComplete()
    }

    /// Takes what the peer sent.
    package mutating func receive(_ bytes: Span<UInt8>, at _: Instant) {
        var offset = 0
        do throws(HTTP1Error) {
            while offset < bytes.count {
                switch state {
                case .requesting, .awaiting, .duplex, .responding:
                    guard let item = try reader.next(bytes, &offset) else { break }
                    try take(item, bytes)
                case .switched:
                    events.appendBody(bytes.extracting(offset..<bytes.count))
                    offset = bytes.count
                case .idle:
                    close(HTTP1Error(.unexpectedBytes, "\(bytes.count - offset) bytes came, and no request was open"))
                case .draining:
                    // The response is complete: what is behind it makes the connection unfit for another.
                    persists = false
                    offset = bytes.count
                case .complete, .closed:
                    offset = bytes.count
                }
            }
        } catch { fail(error) }
        events.flush()
    }

    /// The peer will send nothing more. `truncated`: the transport below did not end in order (TLS without
    /// close_notify, a reset), so that a body which ends with the connection is not known to be whole.
    package mutating func receiveEnd(truncated: Bool = false) {
        switch state {
        case .idle: close(nil)
        case .requesting, .awaiting, .duplex, .responding:
            do throws(HTTP1Error) {
                // A peer that sent 1xx has seen the request: that it closes then is no closing before a response.
                guard informational == 0 || reader.isInMessage else {
                    throw HTTP1Error(.truncatedHead, "the connection ended after 1xx, before a final response")
                }
                try reader.endOfInput(truncated: truncated)
                persists = false
                endResponse(trailers: [:])
            } catch { fail(error) }
        case .switched:
            events.append(.end(trailers: [:]))
            state = .closed
        case .draining: persists = false
        case .complete, .closed: break
        }
    }

    /// The next thing that was read; nil when there is nothing more.
    package mutating func nextEvent() -> HTTP1Event? { events.popFirst() }

    /// Moves what must be sent to the end of `buffer`; false if there was nothing.
    package mutating func nextOutput(into buffer: inout [UInt8]) -> Bool { output.move(into: &buffer) }

    private mutating func take(
        _ item: MessageReader<ResponseHeadLines>.Item, _ bytes: Span<UInt8>
    ) throws(HTTP1Error) {
        switch item {
        case .head(let head): try take(head)
        case .body(let range, let isLast):
            events.appendBody(bytes.extracting(range))
            if isLast { endResponse(trailers: [:]) }
        case .end(let trailers): endResponse(trailers: trailers)
        }
    }

    private mutating func take(_ head: ResponseHead) throws(HTTP1Error) {
        if head.status == 101 { return try switchProtocols(head) }
        if head.isInformational {
            informational += 1
            guard informational <= limits.informationalResponses else {
                throw HTTP1Error(.tooManyInformational, "more than \(limits.informationalResponses) 1xx responses")
            }
            return events.append(.informational(head))
        }
        let framing = try MessageFraming.ofResponse(
            status: head.status, to: method, version: head.version, fields: head.fields)
        if framing == .tunnel {
            events.append(.switched(head))
            return advance(.switched)
        }
        events.append(.response(head))
        persists = persists && framing != .untilClose && ConnectionOptions(head.fields).persists(head.version)
        advance(.responseHead)
        if !reader.beginBody(framing) { endResponse(trailers: [:]) }
    }

    private mutating func switchProtocols(_ head: ResponseHead) throws(HTTP1Error) {
        guard askedToUpgrade, let switched = state.after(.switched) else {
            throw HTTP1Error(.unexpectedSwitch, "101 came, and no complete request asked for another protocol")
        }
        events.append(.switched(head))
        state = switched
    }

    private mutating func endResponse(trailers: HTTPFields) {
        events.append(.end(trailers: trailers))
        advance(.responseEnd)
        finishIfComplete()
    }

    private mutating func finishIfComplete() {
        if state == .complete { advance(persists ? .renewed : .closed) }
    }

    private mutating func fail(_ error: HTTP1Error) {
        events.append(.failed(error))
        state = .closed
    }

    private mutating func close(_ error: HTTP1Error?) {
        events.append(.closed(error))
        state = .closed
    }

    /// The state after `event`, for a call that the owner made.
    private func next(_ event: ExchangeState.Event) throws(HTTP1Error) -> ExchangeState {
        guard let next = state.after(event) else {
            throw HTTP1Error(.outOfOrder, "\(event.rawValue) was called for in the state \(state.rawValue)")
        }
        return next
    }

    /// Moves on; an event that cannot happen changes nothing.
    private mutating func advance(_ event: ExchangeState.Event) { state = state.after(event) ?? state }
}

extension [UInt8] {
    /// Moves all bytes to the end of `buffer`, without a copy if it is empty; false if there are none.
    mutating func move(into buffer: inout [UInt8]) -> Bool {
        guard !isEmpty else { return false }
        if buffer.isEmpty {
            swap(&self, &buffer)
        } else {
            buffer.append(contentsOf: self)
        }
        removeAll(keepingCapacity: true)
        return true
    }
}
