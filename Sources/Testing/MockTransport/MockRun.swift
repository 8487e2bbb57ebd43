import FileIO
import Synchronization
import TransportCore

/// One exchange on a ``MockTransport``: reads the request, waits, plays the response's steps.
final class MockRun: BodySource {
    private struct State {
        var steps: ArraySlice<MockResponse.Step> = []
        var trailers: HTTPFields = [:]
        var received: Int64 = 0
        var end: End?
    }
    private enum End { case done, cancelled, failed(TransportError) }

    private let exchange: Exchange
    private let clock: any HTTPClock
    private let start: Instant
    private let isAborted: @Sendable () -> Bool
    private let onEnd: @Sendable () -> Void
    private let state = Mutex(State())

    init(
        _ exchange: Exchange, clock: any HTTPClock, isAborted: @escaping @Sendable () -> Bool,
        onEnd: @escaping @Sendable () -> Void
    ) {
        self.exchange = exchange
        self.clock = clock
        self.isAborted = isAborted
        self.onEnd = onEnd
        start = clock.now
    }

    func emit(_ kind: ExchangeEvent.Kind) { exchange.onEvent?(ExchangeEvent(kind, at: clock.now)) }

    /// Reads the request body to its end.
    func sending() async throws(TransportError) -> SentExchange {
        let request = exchange.request
        var sent = SentExchange(exchange: exchange, body: [], trailers: request.trailers, at: clock.now)
        _ = try RequestFraming(request)
        switch request.body {
        case .empty: break
        case .bytes(let bytes): sent.body = bytes
        case .file(let slice):
            var reader: any BodyReader = FileReader(slice)
            try await read(&reader, into: &sent, length: slice.length)
        case .stream(let stream):
            var reader: any BodyReader
            do { reader = try await stream.open() } catch { throw bodyFailed(error) }
            try await read(&reader, into: &sent, length: stream.length)
            if let length = stream.length, length != Int64(sent.body.count) {
                throw TransportError(
                    .bodyLengthMismatch, phase: .send, retrySafety: .maybeProcessed, endpoint: endpoint,
                    message: "the body of \(request) has \(sent.body.count) bytes, and \(length) were announced")
            }
        }
        return sent
    }

    private func read(_ reader: inout any BodyReader, into sent: inout SentExchange, length: Int64?)
        async throws(TransportError)
    {
        do {
            while let chunk = try await reader.next() {
                sent.body.append(contentsOf: chunk)
                emit(.uploadProgress(sent: Int64(sent.body.count), total: length))
            }
            sent.trailers.append(contentsOf: try await reader.trailers())
        } catch {
            throw bodyFailed(error)
        }
    }

    private func bodyFailed(_ error: any Error) -> TransportError {
        TransportError(
            .bodyFailed, phase: .send, retrySafety: .maybeProcessed, endpoint: endpoint,
            message: "the body of \(exchange.request) failed: \(error)", underlying: error)
    }

    /// Plays `response` as the exchange's delivery asks.
    func receiving(_ response: MockResponse, over connection: ConnectionInfo)
        async throws(TransportError) -> TransportResponse
    {
        try await wait(response.delay, .head, .firstByteTimeout, exchange.options.timeouts.firstByte)
        for head in response.informational { emit(.informational(head)) }
        emit(.head(HTTPResponse(status: response.status, headerFields: response.fields)))
        state.withLock { state in
            state.steps = response.steps[...]
            state.trailers = response.trailers
        }
        let body: ResponseBody
        switch exchange.delivery {
        case .prompt: body = ResponseBody(self)
        case .whole(let cap): body = try await whole(upTo: cap)
        }
        return TransportResponse(
            status: response.status, fields: response.fields, connection: connection, reused: false, body: body)
    }

    private func whole(upTo cap: Int) async throws(TransportError) -> ResponseBody {
        var bytes: [UInt8] = []
        while bytes.count <= cap {
            guard let chunk = try await step() else { return ResponseBody(bytes, trailers: trailers) }
            bytes.append(contentsOf: chunk)
        }
        state.withLock { $0.steps = [.bytes(bytes)] + $0.steps }
        return ResponseBody(self)
    }

    func next() async throws -> [UInt8]? { try await step() }

    private func step() async throws(TransportError) -> [UInt8]? {
        while true {
            let (step, end) = state.withLock { state in (state.end == nil ? state.steps.popFirst() : nil, state.end) }
            if isAborted() || Task.isCancelled { finish(.cancelled) }
            switch end {
            case .done: return nil
            case .cancelled: throw cancelled(.body)
            case .failed(let error): throw error
            case nil: break
            }
            switch step {
            case .bytes(let bytes):
                let received = state.withLock { state in
                    state.received += Int64(bytes.count)
                    return state.received
                }
                emit(.downloadProgress(received: received, total: nil))
                if !bytes.isEmpty { return bytes }
            case .wait(let duration):
                do {
                    try await wait(duration, .body, .idleReadTimeout, exchange.options.timeouts.idleRead)
                } catch {
                    finish(.failed(error))
                    throw error
                }
            case .fail(let error):
                finish(.failed(error))
                throw error
            case nil:
                emit(.done(trailers: trailers))
                finish(.done)
            }
        }
    }

    var trailers: HTTPFields { state.withLock { $0.trailers } }

    func cancel() { finish(.cancelled) }

    func finish() { finish(.done) }

    private func finish(_ end: End) {
        let isFirst = state.withLock { state in
            guard state.end == nil else { return false }
            state.end = end
            return true
        }
        if isFirst { onEnd() }
    }

    /// Waits on the clock, but no longer than the timeout, the attempt's and the call's time allow.
    private func wait(
        _ duration: Duration, _ phase: TransportError.Phase, _ code: TransportError.Code, _ timeout: Duration?
    ) async throws(TransportError) {
        let now = clock.now
        var wake = now.advanced(by: duration)
        var late: TransportError.Code?
        func bound(_ instant: Instant?, _ code: TransportError.Code) {
            if let instant, instant < wake { (wake, late) = (instant, code) }
        }
        bound(timeout.map { now.advanced(by: $0) }, code)
        bound(exchange.options.timeouts.attempt.map { start.advanced(by: $0) }, .attemptTimeout)
        bound(exchange.deadline, .totalTimeout)
        if wake > now {
            do { try await clock.sleep(until: wake) } catch { throw cancelled(phase) }
        }
        if isAborted() { throw cancelled(phase) }
        if let late {
            throw TransportError(
                late, phase: phase, retrySafety: phase == .body ? .processed : .maybeProcessed, endpoint: endpoint,
                message: "\(exchange.request) took too long", elapsed: start.duration(to: clock.now))
        }
    }

    private func cancelled(_ phase: TransportError.Phase) -> TransportError {
        TransportError(
            .cancelled, phase: phase, retrySafety: phase == .body ? .processed : .maybeProcessed, endpoint: endpoint,
            message: "\(exchange.request) was cancelled", elapsed: start.duration(to: clock.now))
    }

    private var endpoint: String { exchange.route.origin.description }
}
