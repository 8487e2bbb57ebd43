import DequeModule
import IOLoop
import TransportCore

/// What an exchange with rate caps holds back: bytes of the response that came too early, bytes of the request that may
/// not go yet, and the timers that let them go. Used on the loop.
///
/// What is held back of a response counts as unread: the peer is made to wait by the window of its stream, or by the
/// connection's, as it would be by a slow reader.
package final class Throttle {
    private var receiving: RateLimit?
    private var sending: RateLimit?
    private var receiveTimer: LoopTimer?
    private var sendTimer: LoopTimer?
    private var arrived: Deque<[UInt8]> = []
    /// Bytes of the first of `arrived` that have gone.
    private var offset = 0
    /// Bytes of the response that are held back.
    private(set) var held = 0
    /// A chunk of the request's body of which the rest must wait.
    private var rest: (bytes: [UInt8], offset: Int)?
    /// How the response ended, if it has ended and the last of it is held back.
    var ending: HTTPFields?

    init?(_ caps: RateCaps, at now: Instant) {
        guard caps.isLimited else { return nil }
        receiving = caps.receive.map { RateLimit(rate: $0, at: now) }
        sending = caps.send.map { RateLimit(rate: $0, at: now) }
    }

    var limitsReceiving: Bool { receiving != nil }
    var limitsSending: Bool { sending != nil }

    // MARK: The response

    func hold(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        arrived.append(bytes)
        held += bytes.count
    }

    /// The next bytes that may go on now; nil if none may.
    func release(at now: Instant) -> [UInt8]? {
        guard let first = arrived.first, let allowance = receiving?.available(at: now), allowance > 0 else {
            return nil
        }
        let count = min(allowance, first.count - offset)
        receiving?.spend(count)
        held -= count
        if offset == 0, count == first.count { return arrived.popFirst() }
        let piece = Array(first[offset..<(offset + count)])
        offset += count
        if offset == first.count {
            arrived.removeFirst()
            offset = 0
        }
        return piece
    }

    /// Everything that is held back, whatever the rate.
    func releaseAll() -> [[UInt8]] {
        guard var first = arrived.popFirst() else { return [] }
        first.removeFirst(offset)
        defer {
            arrived = []
            offset = 0
            held = 0
        }
        return [first] + arrived
    }

    func wait(_ loop: IOLoop, at now: Instant, _ action: @escaping () -> Void) {
        guard held > 0, receiveTimer == nil, let due = receiving?.due(after: now) else { return }
        receiveTimer = loop.schedule(at: due) { [unowned self] in
            receiveTimer = nil
            action()
        }
    }

    // MARK: The request

    /// Bytes that may be sent now.
    func sendable(at now: Instant) -> Int { sending?.available(at: now) ?? .max }

    /// The part of `bytes` that may go; the rest is kept for ``next(upTo:)``.
    func cut(_ bytes: [UInt8], to count: Int) -> [UInt8] {
        guard bytes.count > count else { return bytes }
        rest = (bytes, count)
        return Array(bytes[..<count])
    }

    /// The next bytes of what was kept; nil if nothing is.
    func next(upTo count: Int) -> [UInt8]? {
        guard let (bytes, offset) = rest else { return nil }
        let end = min(bytes.count, offset + count)
        rest = end < bytes.count ? (bytes, end) : nil
        return Array(bytes[offset..<end])
    }

    func sent(_ count: Int) { sending?.spend(count) }

    func waitToSend(_ loop: IOLoop, at now: Instant, _ action: @escaping () -> Void) {
        guard sendTimer == nil, let due = sending?.due(after: now) else { return }
        sendTimer = loop.schedule(at: due) { [unowned self] in
            sendTimer = nil
            action()
        }
    }

    func stop(_ loop: IOLoop) {
        if let receiveTimer { loop.cancel(receiveTimer) }
        if let sendTimer { loop.cancel(sendTimer) }
        receiveTimer = nil
        sendTimer = nil
    }
}

extension OngoingExchange {
    /// Lets go what the rate allows of the response.
    final func releaseBody(_ driver: ExchangeDriver) {
        guard let throttle, step != .done else { return }
        var released = 0
        while let bytes = throttle.release(at: driver.now) {
            released += bytes.count
            if !pass(bytes, driver) { keptBody(bytes.count) }
        }
        if throttle.held == 0, let trailers = throttle.ending {
            throttle.ending = nil
            return driver.finish(self, .success(trailers))
        }
        throttle.wait(driver.loop, at: driver.now) { [self] in
            driver.wake()
            releaseBody(driver)
        }
    }

    /// The response has ended, and the last of it is held back: it ends when that is let go.
    final func endsLater(_ trailers: HTTPFields) -> Bool {
        guard let throttle, throttle.held > 0 else { return false }
        throttle.ending = trailers
        return true
    }

    /// Makes the driver ask for more of the request's body when the rate allows it.
    final func waitToSend(_ driver: ExchangeDriver) {
        isStarved = true
        throttle?.waitToSend(driver.loop, at: driver.now) { [self] in
            driver.wake()
            driver.resumeUpload(of: self)
        }
    }
}
