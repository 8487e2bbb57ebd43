import Synchronization
import TransportCore

/// Carries a streamed body from the task that reads it to the loop. Holds at most ``limit`` bytes and one chunk.
final class UploadBuffer: Sendable {
    /// Bytes that wait to be sent before the reader is asked for more: 128 KiB, twice what libcurl takes at once.
    static let limit = 128 * 1024

    /// What the loop finds.
    enum Found {
        case bytes(Int)
        /// Nothing now; `onReady` will be called.
        case nothing
        case end
        case failed(any Error)
        /// The stream has another length than was declared.
        case wrongLength(Int64)
    }

    private struct State {
        var chunks: [[UInt8]] = []
        var offset = 0
        var waiting = 0
        var total: Int64 = 0
        var isStarved = false
        var isStopped = false
        var end: Result<HTTPFields, any Error>?
        var room: CheckedContinuation<Bool, Never>?
    }
    private let state = Mutex(State())
    private let task = Mutex<Task<Void, Never>?>(nil)
    private let declared: Int64?
    private let stream: BodyStream
    private let onReady: @Sendable () -> Void

    /// A buffer for `stream`, of which nothing is read yet. `onReady` is called when bytes come after
    /// ``Found/nothing``.
    init(_ stream: BodyStream, onReady: @escaping @Sendable () -> Void) {
        self.stream = stream
        self.onReady = onReady
        declared = stream.length
    }

    /// Starts the task that reads; once.
    func start() {
        task.withLock { task in
            guard task == nil else { return }
            task = Task { await self.run() }
        }
    }

    /// Ends the task; what it reads after this is dropped.
    func stop() {
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

    /// Waits until there is room for more. `false`: nobody wants it.
    private func put(_ chunk: [UInt8]) async -> Bool {
        let (isOpen, isFull, wakes) = state.withLock { state -> (Bool, Bool, Bool) in
            guard !state.isStopped else { return (false, false, false) }
            guard !chunk.isEmpty else { return (true, false, false) }
            state.chunks.append(chunk)
            state.waiting += chunk.count
            state.total += Int64(chunk.count)
            defer { state.isStarved = false }
            return (true, state.waiting >= UploadBuffer.limit, state.isStarved)
        }
        if wakes { onReady() }
        guard isOpen, isFull else { return isOpen }
        return await withCheckedContinuation { continuation in
            let answer = state.withLock { state -> Bool? in
                if state.isStopped { return false }
                if state.waiting < UploadBuffer.limit { return true }
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

    /// Moves bytes into `room`.
    ///
    /// The last byte of a declared length is held back until the stream has ended, so that libcurl, which stops to ask
    /// when it has them all, never ends a body that is longer than it says.
    func fill(_ room: UnsafeMutableRawBufferPointer) -> Found {
        let (found, waiter) = state.withLock { state -> (Found, CheckedContinuation<Bool, Never>?) in
            if case .failure(let error) = state.end { return (.failed(error), nil) }
            if let declared, state.total > declared || (state.end != nil && state.total != declared) {
                return (.wrongLength(state.total), nil)
            }
            let isHeldBack = state.end == nil && state.total == declared
            let count = unsafe take(min(room.count, state.waiting - (isHeldBack ? 1 : 0)), into: room, &state)
            guard count > 0 else {
                if state.end != nil { return (.end, nil) }
                state.isStarved = true
                return (.nothing, nil)
            }
            guard state.waiting < UploadBuffer.limit else { return (.bytes(count), nil) }
            defer { state.room = nil }
            return (.bytes(count), state.room)
        }
        waiter?.resume(returning: true)
        return found
    }

    private func take(_ count: Int, into room: UnsafeMutableRawBufferPointer, _ state: inout State) -> Int {
        var done = 0
        var emptied = 0
        while done < count, emptied < state.chunks.count {
            let chunk = state.chunks[emptied]
            let piece = min(count - done, chunk.count - state.offset)
            unsafe chunk.withUnsafeBytes { bytes in
                unsafe UnsafeMutableRawBufferPointer(rebasing: room[done..<(done + piece)])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[state.offset..<(state.offset + piece)]))
            }
            done += piece
            state.offset += piece
            if state.offset == chunk.count {
                emptied += 1
                state.offset = 0
            }
        }
        state.chunks.removeFirst(emptied)
        state.waiting -= done
        return done
    }

    /// The trailers that the reader found out; empty until it has ended.
    var trailers: HTTPFields {
        state.withLock { state in
            if case .success(let trailers)? = state.end { trailers } else { [:] }
        }
    }
}
