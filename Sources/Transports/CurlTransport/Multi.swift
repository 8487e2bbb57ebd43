import CCurl
import Glibc
import IOLoop
import TransportCore

/// One multi handle of libcurl: the connections of one route, driven by `curl_multi_socket_action` as the loop finds
/// sockets ready and timers due. Used on the loop.
///
/// libcurl wants a socket watched while a transfer waits for it, and unwatched when the transfer has ended: two system
/// calls for each request on a connection of HTTP/1.1. So a socket that nobody waits for stays watched until it is
/// ready or closed; mostly the next request comes first.
@safe final class Multi: ReadinessHandler {
    private let handle: UnsafeMutableRawPointer
    private let loop: IOLoop
    private let clock: () -> Instant
    /// Called when there may be finished transfers, or `kick` is due.
    private let onActivity: () -> Void
    /// By descriptor: what libcurl waits for, and what the loop watches.
    private var sockets: [Watch] = []
    private var timer: LoopTimer?
    private var due: Instant?
    private(set) var needsKick = false
    private var isClosed = false

    /// Raw values of ``Interest``: sets of another module are not free to compute with.
    private struct Watch {
        var wanted: UInt8 = 0
        var watched: UInt8 = 0
    }

    /// `nil` if libcurl has no memory for it.
    init?(on loop: IOLoop, onActivity: @escaping () -> Void) {
        guard let handle = unsafe curl_multi_init() else { return nil }
        unsafe self.handle = handle
        self.loop = loop
        self.clock = { loop.now }
        self.onActivity = onActivity
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe tern_curl_multi_set_socket_function(handle, onSocket)
        unsafe tern_curl_multi_set_pointer(handle, CURLMOPT_SOCKETDATA, context)
        unsafe tern_curl_multi_set_timer_function(handle, onTimer)
        unsafe tern_curl_multi_set_pointer(handle, CURLMOPT_TIMERDATA, context)
        set(CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX))
    }

    /// Closes all connections. Every easy handle must have been removed.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        // Its action holds this object.
        if let timer { loop.cancel(timer) }
        timer = nil
        unsafe curl_multi_cleanup(handle)
    }

    deinit { close() }

    func set(_ option: CURLMoption, _ value: Int) { unsafe tern_curl_multi_set_long(handle, option, value) }

    /// Starts a transfer. `false` if libcurl refuses it.
    func add(_ easy: Easy) -> Bool { unsafe curl_multi_add_handle(handle, easy.handle) == CURLM_OK }

    /// Ends a transfer, finished or not. Not to be called from a callback of libcurl.
    func remove(_ easy: Easy) { unsafe curl_multi_remove_handle(handle, easy.handle) }

    /// Lets libcurl do what its timer asks for.
    func kick() {
        needsKick = false
        due = nil
        act(CURL_SOCKET_TIMEOUT, 0)
    }

    /// A transfer that has ended, and how.
    func nextFinished() -> (easy: Easy, code: CURLcode)? {
        var left: Int32 = 0
        while let message = unsafe curl_multi_info_read(handle, &left) {
            guard unsafe message.pointee.msg == CURLMSG_DONE, let easy = unsafe Easy.of(message.pointee.easy_handle)
            else { continue }
            return unsafe (easy, tern_curl_message_result(message))
        }
        return nil
    }

    func ready(_ descriptor: Int32, _ readiness: Readiness) {
        let index = Int(descriptor)
        guard sockets.indices.contains(index), sockets[index].wanted != 0 else {
            unwatch(descriptor)
            return
        }
        var flags: Int32 = 0
        if readiness.contains(.read) || readiness.contains(.hangup) { flags |= CURL_CSELECT_IN }
        if readiness.contains(.write) { flags |= CURL_CSELECT_OUT }
        if readiness.contains(.error) { flags |= CURL_CSELECT_ERR }
        // First, because it tells the driver the time.
        onActivity()
        act(descriptor, flags)
    }

    /// The socket is about to be closed.
    func forget(_ descriptor: Int32) {
        let index = Int(descriptor)
        guard sockets.indices.contains(index) else { return }
        unwatch(descriptor)
        sockets[index] = Watch()
    }

    private func act(_ descriptor: Int32, _ flags: Int32) {
        var running: Int32 = 0
        unsafe curl_multi_socket_action(handle, descriptor, flags, &running)
    }

    private func unwatch(_ descriptor: Int32) {
        loop.unwatch(descriptor)
        let index = Int(descriptor)
        if sockets.indices.contains(index) { sockets[index].watched = 0 }
    }

    fileprivate func want(_ descriptor: Int32, _ wanted: UInt8) -> Bool {
        let index = Int(descriptor)
        guard index >= 0 else { return false }
        while sockets.count <= index { sockets.append(Watch()) }
        sockets[index].wanted = wanted
        let watch = wanted == 0 ? sockets[index].watched & Interest.read.rawValue : wanted
        guard watch != sockets[index].watched else { return true }
        sockets[index].watched = watch
        if watch == 0 {
            loop.unwatch(descriptor)
            return true
        }
        do {
            try loop.watch(descriptor, Interest(rawValue: watch), self)
            return true
        } catch {
            return false
        }
    }

    fileprivate func wait(milliseconds: Int) {
        if milliseconds < 0 {
            due = nil
        } else if milliseconds == 0 {
            needsKick = true
            onActivity()
        } else {
            let instant = clock().advanced(by: .milliseconds(milliseconds + 1))
            due = instant
            schedule(at: instant)
        }
    }

    /// Timers are left to fire early rather than taken back: libcurl changes its mind with every transfer.
    private func schedule(at instant: Instant) {
        if let timer, timer.isScheduled {
            if timer.instant <= instant { return }
            loop.cancel(timer)
        }
        timer = loop.schedule(at: instant) { self.fire() }
    }

    private func fire() {
        timer = nil
        guard let due else { return }
        if clock() < due {
            schedule(at: due)
        } else {
            needsKick = true
            onActivity()
        }
    }
}

private let onSocket: curl_socket_callback = { _, descriptor, what, context, _ in
    guard let context = unsafe context else { return 0 }
    return unsafe Unmanaged<Multi>.fromOpaque(context)._withUnsafeGuaranteedRef { multi in
        var wanted: UInt8 = 0
        if what == CURL_POLL_IN || what == CURL_POLL_INOUT { wanted |= Interest.read.rawValue }
        if what == CURL_POLL_OUT || what == CURL_POLL_INOUT { wanted |= Interest.write.rawValue }
        return multi.want(descriptor, wanted) ? 0 : -1
    }
}

private let onTimer: curl_multi_timer_callback = { _, milliseconds, context in
    guard let context = unsafe context else { return 0 }
    unsafe Unmanaged<Multi>.fromOpaque(context)._withUnsafeGuaranteedRef { $0.wait(milliseconds: milliseconds) }
    return 0
}
