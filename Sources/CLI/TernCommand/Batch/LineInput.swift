import DequeModule
import Glibc
import Synchronization
import Threads

/// The lines of a descriptor, handed out one by one to many tasks. Reads ahead as far as one buffer, on a thread of
/// its own, and no further until the lines are taken: memory does not grow with the input.
final class LineInput: Sendable {
    /// A line without its end.
    struct Line: Sendable {
        /// In the input, from 1.
        var number: Int
        /// Among those that are not empty, from 1.
        var index = 0
        var bytes: [UInt8]
        /// Whether more came than a line may have; `bytes` are its beginning then.
        var isTooLong = false
    }

    /// The longest line: 64 MiB, as long as a body that is buffered.
    static let longest = 64 * 1_024 * 1_024
    private static let bufferSize = 65_536

    fileprivate typealias Waiter = CheckedContinuation<Line?, Never>

    fileprivate struct State {
        var ready: Deque<Line> = []
        var waiters: Deque<Waiter> = []
        var isReading = false
        var isOver = false
        var failure: String?
        // The line that has no end yet.
        var part = Line(number: 1, bytes: [])
        var count = 0
    }

    private let descriptor: Int32
    private let thread = ThreadPool(name: "tern-input", limit: 1)
    private let state = Mutex(State())

    init(descriptor: Int32) { self.descriptor = descriptor }

    /// Why reading ended before the end, if it did.
    var failure: String? { state.withLock { $0.failure } }

    /// The next line; `nil` behind the last, and after ``stop()``.
    func next() async -> Line? {
        await withCheckedContinuation { (waiter: Waiter) in
            let (line, isKnown, reads) = state.withLock { state -> (Line?, Bool, Bool) in
                if let line = state.ready.popFirst() { return (line, true, false) }
                if state.isOver { return (nil, true, false) }
                state.waiters.append(waiter)
                let reads = !state.isReading
                state.isReading = true
                return (nil, false, reads)
            }
            if isKnown { waiter.resume(returning: line) }
            if reads { read() }
        }
    }

    /// Gives no more lines.
    func stop() {
        let waiters = state.withLock { state in
            state.isOver = true
            state.ready = []
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume(returning: nil) }
    }

    private func read() {
        do { try thread.submit { [self] in take() } } catch { end("\(error)") }
    }

    /// Reads until everybody who waits has a line.
    private func take() {
        while true {
            var count = 0
            let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Self.bufferSize) { buffer, initialized in
                count = unsafe Glibc.read(descriptor, buffer.baseAddress, Self.bufferSize)
                initialized = max(0, count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return end(count < 0 ? unsafe String(cString: strerror(errno)) : nil) }
            let (served, goesOn) = state.withLock { state in
                state.add(bytes)
                let served = state.serve()
                state.isReading = !state.waiters.isEmpty && !state.isOver
                return (served, state.isReading)
            }
            for (waiter, line) in served { waiter.resume(returning: line) }
            if !goesOn { return }
        }
    }

    private func end(_ failure: String?) {
        let (served, others) = state.withLock { state in
            state.isOver = true
            state.isReading = false
            state.failure = failure
            // The last line needs no end.
            state.endPart()
            let served = state.serve()
            defer { state.waiters = [] }
            return (served, state.waiters)
        }
        for (waiter, line) in served { waiter.resume(returning: line) }
        for waiter in others { waiter.resume(returning: nil) }
    }
}

extension LineInput.State {
    /// Cuts `bytes` into lines.
    fileprivate mutating func add(_ bytes: [UInt8]) {
        var start = 0
        while let end = bytes[start...].firstIndex(of: 0x0a) {
            extend(bytes[start..<end])
            if part.bytes.last == 0x0d { part.bytes.removeLast() }
            endPart()
            part = LineInput.Line(number: part.number + 1, bytes: [])
            start = end + 1
        }
        extend(bytes[start...])
    }

    /// Empty lines say nothing.
    fileprivate mutating func endPart() {
        guard !part.bytes.isEmpty else { return }
        count += 1
        part.index = count
        ready.append(part)
    }

    private mutating func extend(_ bytes: ArraySlice<UInt8>) {
        guard !part.isTooLong else { return }
        if part.bytes.count + bytes.count > LineInput.longest {
            // Enough to tell which line it is.
            part = LineInput.Line(number: part.number, bytes: Array(part.bytes.prefix(200)), isTooLong: true)
        } else {
            part.bytes += bytes
        }
    }

    fileprivate mutating func serve() -> [(LineInput.Waiter, LineInput.Line)] {
        var served: [(LineInput.Waiter, LineInput.Line)] = []
        while !waiters.isEmpty, let line = ready.popFirst(), let waiter = waiters.popFirst() {
            served.append((waiter, line))
        }
        return served
    }
}
