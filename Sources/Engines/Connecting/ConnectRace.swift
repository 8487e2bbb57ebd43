package import Names
package import Wire

/// Reaches one of several addresses: happy eyeballs, version 2 (RFC 8305), without sockets.
///
/// Addresses are tried in the order given, families in turn (§4). The next one is tried when an attempt failed, or
/// when none has ended for the stagger (§5). The first that succeeds wins, and the others are cancelled. The owner
/// takes ``nextAction()`` after every call, and calls ``expire(at:)`` when ``deadline`` has passed.
package struct ConnectRace: Sendable {
    /// What the owner is to do. A number names the address at that place of ``addresses``.
    package enum Action: Hashable, Sendable {
        /// Try to connect to this address.
        case connect(Int)
        /// Give up this attempt.
        case cancel(Int)
        /// This one is connected: use it. The last action.
        case use(Int)
        /// No address is left. The last action.
        case giveUp
    }

    private enum Attempt: Sendable { case waiting, trying, failed, ended }

    /// In the order in which they are tried.
    package let addresses: [IPAddress]
    /// Between two attempts: 250 ms (RFC 8305 §5).
    private let stagger: Duration
    private var attempts: [Attempt]
    private var next = 0
    private var actions: [Action] = []
    private var taken = 0
    private var isOver = false

    /// When ``expire(at:)`` is to be called; nil if at no time.
    package private(set) var deadline: Instant?

    /// A race to `addresses`, the best first.
    package init(to addresses: [IPAddress], stagger: Duration = .milliseconds(250)) {
        self.addresses = Self.alternate(addresses)
        self.stagger = stagger
        attempts = Array(repeating: .waiting, count: addresses.count)
    }

    /// Families in turn, beginning with that of the best address; within a family the order stays (RFC 8305 §4).
    private static func alternate(_ addresses: [IPAddress]) -> [IPAddress] {
        guard let first = addresses.first else { return [] }
        var same = addresses.filter { $0.family == first.family }[...]
        var other = addresses.filter { $0.family != first.family }[...]
        var order: [IPAddress] = []
        while !same.isEmpty || !other.isEmpty {
            if let address = same.popFirst() { order.append(address) }
            if let address = other.popFirst() { order.append(address) }
        }
        return order
    }

    /// What is to be done next; nil if nothing is.
    package mutating func nextAction() -> Action? {
        guard taken < actions.count else { return nil }
        taken += 1
        return actions[taken - 1]
    }

    /// Begins with the first address.
    package mutating func start(at now: Instant) {
        guard next == 0 else { return }
        tryNext(at: now)
    }

    /// An attempt failed.
    package mutating func failed(_ attempt: Int, at now: Instant) {
        guard !isOver, attempts.indices.contains(attempt), attempts[attempt] == .trying else { return }
        attempts[attempt] = .failed
        tryNext(at: now)
    }

    /// An attempt succeeded.
    package mutating func connected(_ attempt: Int) {
        guard !isOver, attempts.indices.contains(attempt), attempts[attempt] == .trying else { return }
        attempts[attempt] = .ended
        cancel()
        actions.append(.use(attempt))
    }

    /// Gives up: all attempts are cancelled.
    package mutating func cancel() {
        guard !isOver else { return }
        isOver = true
        deadline = nil
        for index in attempts.indices where attempts[index] == .trying {
            attempts[index] = .ended
            actions.append(.cancel(index))
        }
    }

    /// Tries the next address, if it is time.
    package mutating func expire(at now: Instant) {
        guard !isOver, let deadline, deadline <= now else { return }
        tryNext(at: now)
    }

    private mutating func tryNext(at now: Instant) {
        if next < addresses.count {
            attempts[next] = .trying
            actions.append(.connect(next))
            next += 1
            deadline = next < addresses.count ? now.advanced(by: stagger) : nil
        } else {
            deadline = nil
            guard !attempts.contains(.trying) else { return }
            isOver = true
            actions.append(.giveUp)
        }
    }
}
