import DequeModule
import Synchronization
package import TransportCore

/// Carries a streamed body from the task that reads it to the loop: whole chunks, without a copy. Holds at most
/// ``limit`` bytes and one chunk more.
package final class UploadPump: Sendable {
    /// Bytes that wait to be sent before the reader is asked for more.
    private static let limit = 256 << 10

    /// What the loop finds.
    package enum Found {
        case chunk([UInt8])
        /// Nothing now; `onReady` will be called.
        case nothing
        case end(trailers: HTTPFields)
        case failed(any Error)
    }

    private struct State {
        var chunks = Deque<[UInt8]>()
        var waiting = 0
        var isStarved = false
        var isStopped = false
        var end: Result<HTTPFields, any Error>?
        var room: CheckedContinuation<Bool, Never>?
    }
    private let state = Mutex(State())
    private let task = Mutex<Task<Void, Never>?>(nil)
    private let stream: BodyStream
    private let onReady: @Sendable () -> Void

    /// A pump for `stream`, of which nothing is read yet. `onReady` is called when there is something after
    /// ``Found/nothing``.
    package init(_ stream: BodyStream, onReady: @escaping @Sendable () -> Void) {
        self.stream = stream
        self.onReady = onReady
    }

    /// Starts the task that reads; once.
    package func start() {
        task.withLock { task in
            if task == nil { task = Task { await self.run() } }
        }
    }

    /// Ends the task; what it reads after this is dropped.
    package func stop() {
        let room = state.withLock { state in
            state.isStopped = true
            state.chunks = []
            defer { state.room = nil }
            return state.room
        }
        room?.resume(returning: false)
        task.withLock { $0?.cancel() }
    }

    private func run() async {
        do {
            var reader = try await stream.open()
            while let chunk = try await reader.next() {
                guard await put(chunk) else { return }
            }
            end(.success(stream.hasTrailers ? try await reader.trailers() : [:]))
        } catch {
            end(.failure(error))
        }
    }

    /// Waits until there is room for more. False: nobody wants it.
    private func put(_ chunk: [UInt8]) async -> Bool {
        let (isOpen, isFull, wakes) = state.withLock { state -> (Bool, Bool, Bool) in
            guard !state.isStopped else { return (false, false, false) }
            guard !chunk.isEmpty else { return (true, false, false) }
            state.chunks.append(chunk)
            state.waiting += chunk.count
            defer { state.isStarved = false }
            return (true, state.waiting >= UploadPump.limit, state.isStarved)
        }
        if wakes { onReady() }
        guard isOpen, isFull else { return isOpen }
        return await withCheckedContinuation { continuation in
            let answer = state.withLock { state -> Bool? in
                if state.isStopped { return false }
                if state.waiting < UploadPump.limit { return true }
                state.room = continuation
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    private func end(_ end: Result<HTTPFields, any Error>) {
        let wakes = state.withLock { state in
            state.end = end
            defer { state.isStarved = false }
            return state.isStarved
        }
        if wakes { onReady() }
    }

    /// The next chunk.
    package func next() -> Found {
        let (found, waiter) = state.withLock { state -> (Found, CheckedContinuation<Bool, Never>?) in
            if let chunk = state.chunks.popFirst() {
                state.waiting -= chunk.count
                guard state.waiting < UploadPump.limit else { return (.chunk(chunk), nil) }
                defer { state.room = nil }
                return (.chunk(chunk), state.room)
            }
            switch state.end {
            case .success(let trailers): return (.end(trailers: trailers), nil)
            case .failure(let error): return (.failed(error), nil)
            case nil:
                state.isStarved = true
                return (.nothing, nil)
            }
        }
        waiter?.resume(returning: true)
        return found
    }
}
