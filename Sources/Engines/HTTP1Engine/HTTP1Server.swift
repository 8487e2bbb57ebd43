package import HTTPTypes
package import Wire

/// The server's end of one HTTP/1 connection (RFC 9112). It reads one request at a time: what a client sends behind
/// it, pipelined, is kept until the response is complete.
///
/// It takes bytes and gives events and output, like `HTTP1Client`. A request that is refused gives `.failed`, and may
/// still be answered (`HTTP1Error.status`); the connection closes then.
package struct HTTP1Server: Sendable {
    private let limits: HTTP1Limits
    private var reader: MessageReader<RequestHeadLines>
    private var events = EventQueue()
    private var output: [UInt8] = []
    private var body = BodyWriter(.none)
    private var request: RequestHead?
    private var asksToUpgrade = false
    /// Bytes of later requests.
    private var held: [UInt8] = []
    /// Whether request and response, as far as they are known, let the connection live on.
    private var persists = true
    /// Whether no more of the input is read: it ended, or was refused.
    private var isDeaf = false
    /// How the input ended, if it did while later requests were kept.
    private var heldEnd: InputEnd?

    private enum InputEnd { case orderly, truncated }

    /// How far the exchange has come.
    package private(set) var state = ExchangeState.idle

    package init(limits: HTTP1Limits = HTTP1Limits()) {
        self.limits = limits
        reader = MessageReader(RequestHeadLines(limits: limits), limits: limits)
    }

    /// Whether the owner should read on. False while a later request waits: more of them would only be kept.
    package var wantsInput: Bool { held.isEmpty && heldEnd == nil && !isDeaf && state != .closed }

    /// Whether the connection is to be closed, once the output is flushed.
    package var isClosed: Bool { state == .closed }

    /// Writes the head of a response: 1xx as often as wanted, then a final one. Its fields say how the body is framed
    /// (RFC 9112 §6); without any the body ends with the connection. Nothing is added to the fields.
    ///
    /// A response with no body is complete with this call; else `sendBody` and `sendEnd` follow. 101, and 2xx to
    /// CONNECT, end HTTP on this connection.
    @discardableResult
    package mutating func send(_ head: ResponseHead) throws(HTTP1Error) -> MessageFraming {
        let method = request?.method ?? .get
        if head.status == 101 || (method == .connect && (200...299).contains(head.status)) {
            return try switchProtocols(head)
        }
        if head.isInformational {
            _ = try next(.informational)
            guard request?.version == .http11 else {
                throw HTTP1Error(.invalidMessage, "1xx cannot be sent to a client of HTTP/1.0 (RFC 9110 §15.2)")
            }
            try HeadWriter.write(head, into: &output)
            return .none
        }
        let begun = try next(.responseHead)
        let framing = try MessageFraming.ofResponse(
            status: head.status, to: method, version: head.version, fields: head.fields)
        if framing == .chunked, request?.version == .http10 {
            throw HTTP1Error(.invalidMessage, "a client of HTTP/1.0 does not know Transfer-Encoding (RFC 9112 §6.1)")
        }
        try HeadWriter.write(head, into: &output)
        state = begun
        body = BodyWriter(framing)
        persists = persists && framing != .untilClose && ConnectionOptions(head.fields).persists(head.version)
        if body.isEmpty { endResponse() }
        return framing
    }

    /// Writes a part of the response's body; after a switch, bytes of the other protocol.
    package mutating func sendBody(_ bytes: Span<UInt8>) throws(HTTP1Error) {
        if state == .switched { return output.append(bytes) }
        _ = try next(.responseEnd)
        try body.write(bytes, into: &output)
    }

    /// Ends the response's body. Trailers need chunked framing.
    package mutating func sendEnd(trailers: HTTPFields = [:]) throws(HTTP1Error) {
        _ = try next(.responseEnd)
        try body.end(trailers: trailers, into: &output)
        endResponse()
    }

    /// Takes what the peer sent.
    package mutating func receive(_ bytes: Span<UInt8>, at _: Instant) {
        if heldEnd == nil { read(bytes) }
    }

    private mutating func read(_ bytes: Span<UInt8>) {
        var offset = 0
        do throws(HTTP1Error) {
            while offset < bytes.count, !isDeaf, state != .closed {
                switch state {
                case .idle, .requesting, .duplex, .draining:
                    guard let item = try reader.next(bytes, &offset) else { break }
                    try take(item, bytes)
                case .switched:
                    events.appendBody(bytes.extracting(offset..<bytes.count))
                    offset = bytes.count
                case .awaiting, .responding:
                    let rest = bytes.extracting(offset..<bytes.count)
                    offset = bytes.count
                    guard held.count + rest.count <= limits.pipelinedBytes else {
                        throw HTTP1Error(
                            .tooMuchPipelined, "more than \(limits.pipelinedBytes) bytes of later requests")
                    }
                    held.append(rest)
                case .complete, .closed:
                    offset = bytes.count
                }
            }
        } catch { fail(error) }
        events.flush()
    }

    /// The peer will send nothing more; it may still read the response to a complete request.
    package mutating func receiveEnd(truncated: Bool = false) {
        guard !isDeaf else { return }
        guard held.isEmpty else {
            heldEnd = truncated ? .truncated : .orderly
            return
        }
        isDeaf = true
        persists = false
        switch state {
        case .idle:
            guard reader.isInMessage else {
                events.append(.closed(nil))
                state = .closed
                return
            }
            fail(HTTP1Error(.truncatedHead, "the connection ended inside the head of a request"))
        case .requesting, .duplex, .draining:
            do throws(HTTP1Error) { try reader.endOfInput(truncated: truncated) } catch { fail(error) }
        case .switched:
            events.append(.end(trailers: [:]))
            state = .closed
        case .awaiting, .responding, .complete, .closed: break
        }
    }

    /// The next thing that was read; nil when there is nothing more.
    package mutating func nextEvent() -> HTTP1Event? { events.popFirst() }

    /// Moves what must be sent to the end of `buffer`; false if there was nothing.
    package mutating func nextOutput(into buffer: inout [UInt8]) -> Bool { output.move(into: &buffer) }

    private mutating func take(_ item: MessageReader<RequestHeadLines>.Item, _ bytes: Span<UInt8>) throws(HTTP1Error) {
        switch item {
        case .head(let head):
            let framing = try MessageFraming.ofRequest(version: head.version, fields: head.fields)
            // What stands behind the head of CONNECT is for the tunnel (RFC 9110 §9.3.6).
            guard head.method != .connect || framing == .none else {
                throw HTTP1Error(.invalidMessage, "CONNECT has no body, and must not announce one")
            }
            let options = ConnectionOptions(head.fields)
            persists = options.persists(head.version)
            asksToUpgrade = options.upgrade && head.version == .http11
            request = head
            events.append(.request(head))
            advance(.requestHead)
            if !reader.beginBody(framing) { endRequest(trailers: [:]) }
        case .body(let range, let isLast):
            events.appendBody(bytes.extracting(range))
            if isLast { endRequest(trailers: [:]) }
        case .end(let trailers): endRequest(trailers: trailers)
        }
    }

    private mutating func switchProtocols(_ head: ResponseHead) throws(HTTP1Error) -> MessageFraming {
        let switched = try next(.switched)
        guard head.status != 101 || asksToUpgrade else {
            throw HTTP1Error(.invalidMessage, "101 cannot answer a request that asked for no other protocol")
        }
        try HeadWriter.write(head, into: &output)
        state = switched
        takeHeld()
        return .tunnel
    }

    private mutating func endRequest(trailers: HTTPFields) {
        events.append(.end(trailers: trailers))
        advance(.requestEnd)
        finishIfComplete()
    }

    private mutating func endResponse() {
        advance(.responseEnd)
        finishIfComplete()
    }

    private mutating func finishIfComplete() {
        guard state == .complete else { return }
        request = nil
        advance(persists ? .renewed : .closed)
        takeHeld()
    }

    /// Reads what was kept while the last request was answered.
    private mutating func takeHeld() {
        guard !held.isEmpty else { return }
        var bytes: [UInt8] = []
        swap(&bytes, &held)
        read(bytes.span)
        if held.isEmpty, let heldEnd { receiveEnd(truncated: heldEnd == .truncated) }
    }

    /// The request is refused. Until a response has begun, it counts as complete, so that it can be answered.
    private mutating func fail(_ error: HTTP1Error) {
        events.append(.failed(error))
        isDeaf = true
        persists = false
        held = []
        switch state {
        case .idle: state = .awaiting
        case .requesting, .awaiting: state = .awaiting
        default: state = .closed
        }
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
