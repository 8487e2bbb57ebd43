import DequeModule
import Synchronization

/// Carries a body from a transport's thread to the task that reads it: the ``BodySource`` that transports use.
///
/// The transport calls `append`, `finish` and `fail`, and stops reading from its connection while `unread` is above
/// its limit. `onDrained` tells it how many bytes the reader took, and `onCancel` that nobody will read on; both are
/// called on the reader's thread, outside of any lock.
public final class BodyChannel: BodySource {
    private typealias Waiter = CheckedContinuation<Result<[UInt8]?, TransportError>, Never>

    private struct State {
        var chunks: Deque<[UInt8]> = []
        var unread = 0
        var end: Result<HTTPFields, TransportError>?
        var waiter: Waiter?
        var isCancelled = false

        mutating func take(ifCancelled error: @autoclosure () -> TransportError) -> Result<[UInt8]?, TransportError>? {
            if isCancelled { return .failure(error()) }
            if let chunk = chunks.popFirst() {
                unread -= chunk.count
                return .success(chunk)
            }
            return end.map { $0.map { _ in nil } }
        }
    }
    private let state = Mutex(State())
    private let endpoint: String
    private let onDrained: @Sendable (_ bytes: Int) -> Void
    private let onCancel: @Sendable () -> Void

    /// An open channel; `endpoint` is for the messages of its errors.
    public init(
        endpoint: String, onDrained: @escaping @Sendable (_ bytes: Int) -> Void,
        onCancel: @escaping @Sendable () -> Void
    ) {
        self.endpoint = endpoint
        self.onDrained = onDrained
        self.onCancel = onCancel
    }

    /// Bytes that wait to be read.
    public var unread: Int { state.withLock { $0.unread } }

    /// Adds bytes, and wakes the reader. Returns how many wait now; 0 if the reader took them at once.
    @discardableResult
    public func append(_ bytes: [UInt8]) -> Int {
        guard !bytes.isEmpty else { return unread }
        let (waiter, unread) = state.withLock { state -> (Waiter?, Int) in
            guard state.end == nil, !state.isCancelled else { return (nil, 0) }
            if let waiter = state.waiter {
                state.waiter = nil
                return (waiter, 0)
            }
            state.chunks.append(bytes)
            state.unread += bytes.count
            return (nil, state.unread)
        }
        if let waiter {
            waiter.resume(returning: .success(bytes))
            onDrained(bytes.count)
        }
        return unread
    }

    /// Adds bytes in several pieces, none of them empty, and wakes the reader once.
    public func append(pieces: [[UInt8]]) {
        guard let first = pieces.first else { return }
        let waiter = state.withLock { state -> Waiter? in
            guard state.end == nil, !state.isCancelled else { return nil }
            var rest = pieces[...]
            if state.waiter != nil { rest = rest.dropFirst() }
            for piece in rest {
                state.chunks.append(piece)
                state.unread += piece.count
            }
            defer { state.waiter = nil }
            return state.waiter
        }
        guard let waiter else { return }
        waiter.resume(returning: .success(first))
        onDrained(first.count)
    }

    /// The body ended well. What waits is still read.
    public func finish(trailers: HTTPFields = [:]) { close(.success(trailers)) }

    /// The body ended badly. What waits is still read, then the error.
    public func fail(_ error: TransportError) { close(.failure(error)) }

    private func close(_ end: Result<HTTPFields, TransportError>) {
        let waiter = state.withLock { state -> Waiter? in
            guard state.end == nil else { return nil }
            state.end = end
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: end.map { _ in nil })
    }

    public var trailers: HTTPFields {
        state.withLock { state in
            if case .success(let trailers) = state.end { trailers } else { [:] }
        }
    }

    public func next() async throws -> [UInt8]? {
        if let ready = take() {
            if case .success(let bytes?) = ready { onDrained(bytes.count) }
            return try ready.get()
        }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { (waiter: Waiter) in wait(waiter) }
        } onCancel: {
            cancel()
        }
        return try result.get()
    }

    private func take() -> Result<[UInt8]?, TransportError>? {
        state.withLock { $0.take(ifCancelled: cancelled) }
    }

    private func wait(_ waiter: Waiter) {
        let ready = state.withLock { state -> Result<[UInt8]?, TransportError>? in
            if let ready = state.take(ifCancelled: cancelled) { return ready }
            state.waiter = waiter
            return nil
        }
        guard let ready else { return }
        if case .success(let bytes?) = ready { onDrained(bytes.count) }
        waiter.resume(returning: ready)
    }

    public func cancel() {
        let (waiter, wasOpen) = state.withLock { state -> (Waiter?, Bool) in
            let wasOpen = state.end == nil && !state.isCancelled
            if state.end == nil || !state.chunks.isEmpty { state.isCancelled = true }
            state.chunks = []
            state.unread = 0
            defer { state.waiter = nil }
            return (state.waiter, wasOpen)
        }
        waiter?.resume(returning: .failure(cancelled))
        if wasOpen { onCancel() }
    }

    private var cancelled: TransportError {
        TransportError(
            .cancelled, phase: .body, retrySafety: .processed, endpoint: endpoint,
            message: "reading the response from \(endpoint) was cancelled")
    }
}
