import CLinux
import Glibc
import Threads

/// An epoll instance and the buffer of its answers. One event is found by the token that its descriptor was added with.
@safe struct Epoll: ~Copyable {
    private let descriptor: Int32
    /// Held as long as the epoll: a wake-up that is closed takes its unseen events along.
    private let wakeUp: WakeUp
    private let events: UnsafeMutableBufferPointer<epoll_event>

    /// Events that one call of `wait` can give. With more, the rest comes in the next turn.
    private static let capacity = 256

    private init(_ descriptor: Int32, _ wakeUp: WakeUp) {
        self.descriptor = descriptor
        self.wakeUp = wakeUp
        unsafe events = .allocate(capacity: Epoll.capacity)
        unsafe events.initialize(repeating: epoll_event())
    }

    /// A new instance with `wakeUp` watched edge-triggered, so that each write to it wakes once and nobody has to read
    /// it empty. Its events have the token 0.
    static func watching(_ wakeUp: WakeUp) throws(LoopError) -> Epoll {
        let descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard descriptor >= 0 else { throw LoopError(.startFailed, "epoll_create1: \(errorText(errno))") }
        let epoll = Epoll(descriptor, wakeUp)
        let code = epoll.control(EPOLL_CTL_ADD, wakeUp.descriptor, EPOLLIN.rawValue | EPOLLET.rawValue, 0)
        guard code == 0 else { throw LoopError(.startFailed, "watching the eventfd: \(errorText(code))") }
        return epoll
    }

    deinit {
        unsafe events.deallocate()
        close(descriptor)
    }

    /// The error number, or 0.
    func add(_ target: Int32, _ interest: Interest, token: UInt64) -> Int32 {
        control(EPOLL_CTL_ADD, target, interest.mask, token)
    }

    func change(_ target: Int32, _ interest: Interest, token: UInt64) -> Int32 {
        control(EPOLL_CTL_MOD, target, interest.mask, token)
    }

    func remove(_ target: Int32) { _ = control(EPOLL_CTL_DEL, target, 0, 0) }

    private func control(_ operation: Int32, _ target: Int32, _ mask: UInt32, _ token: UInt64) -> Int32 {
        var event = unsafe epoll_event(events: mask, data: epoll_data_t(u64: token))
        return unsafe epoll_ctl(descriptor, operation, target, &event) == 0 ? 0 : errno
    }

    /// Waits at most so long, for ever if that is negative; returns how many events there are. A signal ends the wait
    /// early, with none.
    func wait(nanoseconds: Int64) -> Int {
        let capacity = Int32(Epoll.capacity)
        let exact = nanoseconds > 0 && nanoseconds % 1_000_000 != 0
        if exact {
            let count = unsafe tern_epoll_wait(descriptor, events.baseAddress, capacity, nanoseconds)
            // Before Linux 5.11 there are only milliseconds.
            if count >= 0 || errno != ENOSYS { return Int(max(0, count)) }
        }
        let milliseconds = nanoseconds < 0 ? -1 : Int32(clamping: nanoseconds / 1_000_000 + (exact ? 1 : 0))
        return Int(max(0, unsafe epoll_wait(descriptor, events.baseAddress, capacity, milliseconds)))
    }

    /// The event at `index`, which must be below what `wait` returned last.
    func event(_ index: Int) -> (token: UInt64, readiness: Readiness) {
        let event = unsafe events[index]
        return unsafe (event.data.u64, Readiness(mask: event.events))
    }
}

extension Interest {
    fileprivate var mask: UInt32 {
        (contains(.read) ? EPOLLIN.rawValue : 0) | (contains(.write) ? EPOLLOUT.rawValue : 0)
    }
}

extension Readiness {
    fileprivate init(mask: UInt32) {
        self = []
        if mask & EPOLLIN.rawValue != 0 { insert(.read) }
        if mask & EPOLLOUT.rawValue != 0 { insert(.write) }
        if mask & EPOLLERR.rawValue != 0 { insert(.error) }
        if mask & EPOLLHUP.rawValue != 0 { insert(.hangup) }
    }
}
