import Pooling
import Testing
import Wire

private func at(_ seconds: Int64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }

extension ConnectionPool {
    fileprivate mutating func decisions(at now: Instant = at(0)) -> [PoolDecision] {
        var all: [PoolDecision] = []
        while let decision = nextDecision(at: now) { all.append(decision) }
        return all
    }

    fileprivate mutating func wait(at now: Instant = at(0)) throws -> WaiterTicket {
        guard case .queued(let ticket) = acquire(at: now) else { throw Unexpected() }
        return ticket
    }

    fileprivate mutating func take(at now: Instant = at(0)) throws -> (PooledConnection, Int) {
        guard case .granted(let connection, let uses) = acquire(at: now) else { throw Unexpected() }
        return (connection, uses)
    }

    fileprivate mutating func openOne(streams: Int?, at now: Instant = at(0)) throws -> PooledConnection {
        for decision in decisions(at: now) {
            if case .open(let connection) = decision {
                opened(connection, streams: streams, at: now)
                return connection
            }
        }
        throw Unexpected()
    }
}

private struct Unexpected: Error {}

@Suite("Connection pool")
struct ConnectionPoolTests {
    @Test("one connection is opened for the first of many exchanges, and carries all when it turns out to be HTTP/2")
    func sharesOne() throws {
        var pool = ConnectionPool(PoolSettings(), kind: .unknown)
        let tickets = try (0..<3).map { _ in try pool.wait() }
        let connection = try pool.openOne(streams: 100)
        let granted = pool.decisions()
        #expect(granted == tickets.enumerated().map { .grant($1, connection, uses: $0) })
    }

    @Test("HTTP/1.1 gets as many connections as exchanges wait, up to the limit")
    func opensAsMany() throws {
        var pool = ConnectionPool(PoolSettings(connections: 3), kind: .exclusive)
        for _ in 0..<5 { _ = try pool.wait() }
        #expect(pool.decisions().count == 3)
        #expect(pool.opening == 3)
    }

    @Test("where every attempt fails, those who wait are refused, and no more attempts begin before")
    func refusesAfterFailures() throws {
        var pool = ConnectionPool(PoolSettings(), kind: .exclusive)
        let tickets = try (0..<3).map { _ in try pool.wait() }
        var opening: [PooledConnection] = []
        for decision in pool.decisions() { if case .open(let connection) = decision { opening.append(connection) } }
        #expect(opening.count == 3)
        for connection in opening.dropLast() {
            pool.closed(connection, at: at(0))
            #expect(pool.decisions().isEmpty)
        }
        let last = try #require(opening.last)
        pool.closed(last, at: at(0))
        #expect(pool.decisions() == tickets.map { .refuse($0) })
        // Who comes after that gets an attempt of its own.
        _ = try pool.wait()
        #expect(pool.decisions().count == 1)
    }

    @Test("where the handshake tells HTTP/1.1, the others are opened then")
    func opensAfterALPN() throws {
        var pool = ConnectionPool(PoolSettings(connections: 4), kind: .unknown)
        for _ in 0..<3 { _ = try pool.wait() }
        _ = try pool.openOne(streams: nil)
        let decisions = pool.decisions()
        #expect(decisions.count == 3)
        #expect(pool.opening == 2)
    }

    @Test("of idle HTTP/1.1 connections the one used last is taken")
    func takesTheWarmest() throws {
        var pool = ConnectionPool(PoolSettings(), kind: .exclusive)
        _ = try pool.wait()
        _ = try pool.wait()
        let opens = pool.decisions()
        guard case .open(let first)? = opens.first, case .open(let second)? = opens.last else { throw Unexpected() }
        pool.opened(first, streams: nil, at: at(0))
        pool.opened(second, streams: nil, at: at(0))
        _ = pool.decisions()
        pool.released(second, isReusable: true, at: at(1))
        pool.released(first, isReusable: true, at: at(2))
        let (taken, uses) = try pool.take(at: at(3))
        #expect(taken == first)
        #expect(uses == 1)
    }

    @Test("a second HTTP/2 connection is opened when the first is full, one at a time, and no more than the limit")
    func growsWhenFull() throws {
        var pool = ConnectionPool(PoolSettings(connections: 2), kind: .multiplexed)
        for _ in 0..<5 { _ = try pool.wait() }
        let first = try pool.openOne(streams: 2)
        let decisions = pool.decisions()
        #expect(decisions.count == 3)
        guard case .open(let second)? = decisions.last else { throw Unexpected() }
        pool.opened(second, streams: 2, at: at(0))
        #expect(pool.decisions().count == 2)
        #expect(pool.waiting == 1)
        #expect(pool.opening == 0)
        pool.released(first, isReusable: true, at: at(1))
        #expect(pool.decisions().count == 1)
        #expect(pool.waiting == 0)
    }

    @Test("several HTTP/2 connections wished for share the streams evenly")
    func spreads() throws {
        var pool = ConnectionPool(PoolSettings(multiplexed: 2), kind: .multiplexed)
        _ = try pool.wait()
        let first = try pool.openOne(streams: 100)
        _ = pool.decisions()
        _ = try pool.take()
        let second = try pool.openOne(streams: 100)
        #expect(try pool.take().0 == second)
        #expect(try pool.take().0 == second)
        #expect(try pool.take().0 == first)
    }

    @Test("exchanges are served in the order in which they came; one withdrawn from the middle is passed over")
    func firstComeFirstServed() throws {
        var pool = ConnectionPool(PoolSettings(connections: 1), kind: .exclusive)
        let tickets = try (0..<4).map { _ in try pool.wait() }
        let connection = try pool.openOne(streams: nil)
        #expect(pool.decisions() == [.grant(tickets[0], connection, uses: 0)])
        pool.withdraw(tickets[1])
        pool.withdraw(tickets[1])
        pool.released(connection, isReusable: true, at: at(0))
        #expect(pool.decisions() == [.grant(tickets[2], connection, uses: 1)])
        pool.withdraw(tickets[3])
        #expect(pool.waiting == 0)
    }

    @Test("a ticket of an earlier waiter does not remove the later one in its place")
    func oldTicketsAreHarmless() throws {
        var pool = ConnectionPool(PoolSettings(), kind: .exclusive)
        let old = try pool.wait()
        pool.withdraw(old)
        let new = try pool.wait()
        #expect(old.slot == new.slot)
        pool.withdraw(old)
        #expect(pool.waiting == 1)
    }

    @Test("an attempt that nobody waits for is given up where nothing stands")
    func abandons() throws {
        var pool = ConnectionPool(PoolSettings(), kind: .unknown)
        let ticket = try pool.wait()
        guard case .open(let connection)? = pool.decisions().first else { throw Unexpected() }
        pool.withdraw(ticket)
        #expect(pool.decisions() == [.abandon(connection)])
        #expect(pool.isEmpty)
    }

    @Test("when the only attempt fails, all who wait are refused, in order")
    func refusesAll() throws {
        var pool = ConnectionPool(PoolSettings(), kind: .unknown)
        let tickets = try (0..<3).map { _ in try pool.wait() }
        guard case .open(let connection)? = pool.decisions().first else { throw Unexpected() }
        pool.closed(connection, at: at(0))
        #expect(pool.decisions() == tickets.map { .refuse($0) })
        _ = try pool.wait()
        #expect(pool.decisions().count == 1)
    }

    @Test(
        "when an attempt fails beside connections that stand, the exchange waits for those, and no other is opened at once"
    )
    func pausesAfterFailure() throws {
        var pool = ConnectionPool(PoolSettings(), kind: .exclusive)
        _ = try pool.wait()
        let standing = try pool.openOne(streams: nil)
        _ = pool.decisions()
        let ticket = try pool.wait()
        guard case .open(let failing)? = pool.decisions().first else { throw Unexpected() }
        pool.closed(failing, at: at(1))
        #expect(pool.decisions(at: at(1)) == [])
        #expect(pool.deadline == at(2))
        pool.released(standing, isReusable: true, at: at(1))
        #expect(pool.decisions(at: at(1)) == [.grant(ticket, standing, uses: 1)])
    }

    @Test("after the pause another connection is tried")
    func triesAgain() throws {
        var pool = ConnectionPool(PoolSettings(), kind: .exclusive)
        _ = try pool.wait()
        _ = try pool.openOne(streams: nil)
        _ = pool.decisions()
        _ = try pool.wait()
        guard case .open(let failing)? = pool.decisions().first else { throw Unexpected() }
        pool.closed(failing, at: at(1))
        #expect(pool.decisions(at: at(2)).count == 1)
    }

    @Test("a connection that died under its exchanges is replaced for the next")
    func replacesTheDead() throws {
        var pool = ConnectionPool(PoolSettings(), kind: .multiplexed)
        _ = try pool.wait()
        let dead = try pool.openOne(streams: 100)
        _ = pool.decisions()
        pool.closed(dead, at: at(1))
        _ = try pool.wait()
        guard case .open(let next)? = pool.decisions().first else { throw Unexpected() }
        #expect(next != dead)
        // What is still said of the dead one changes nothing.
        pool.released(dead, isReusable: true, at: at(2))
        pool.closed(dead, at: at(2))
        #expect(pool.opening == 1)
    }

    @Test("after GOAWAY a connection takes nobody, is replaced, and is closed when its last exchange ends")
    func drains() throws {
        var pool = ConnectionPool(PoolSettings(), kind: .multiplexed)
        _ = try pool.wait()
        let old = try pool.openOne(streams: 100)
        _ = pool.decisions()
        pool.retire(old)
        _ = try pool.wait()
        let new = try pool.openOne(streams: 100)
        #expect(new != old)
        #expect(pool.decisions().count == 1)
        pool.released(old, isReusable: true, at: at(1))
        #expect(pool.decisions() == [.close(old, .retired)])
    }

    @Test("a connection that cannot be used again is closed after its exchange")
    func closesWhatIsSpent() throws {
        var pool = ConnectionPool(PoolSettings(), kind: .exclusive)
        _ = try pool.wait()
        let connection = try pool.openOne(streams: nil)
        _ = pool.decisions()
        pool.released(connection, isReusable: false, at: at(1))
        #expect(pool.decisions() == [.close(connection, .retired)])
        #expect(pool.isEmpty)
    }

    @Test("an idle connection is closed after the idle time, counted from its last exchange")
    func idles() throws {
        var pool = ConnectionPool(PoolSettings(idle: .seconds(60)), kind: .exclusive)
        _ = try pool.wait()
        let connection = try pool.openOne(streams: nil)
        _ = pool.decisions()
        pool.released(connection, isReusable: true, at: at(10))
        #expect(pool.deadline == at(70))
        pool.expire(at: at(69))
        #expect(pool.decisions() == [])
        pool.expire(at: at(70))
        #expect(pool.decisions() == [.close(connection, .idle)])
    }

    @Test("a connection too old takes nobody any more, and is closed when it is free")
    func ages() throws {
        var pool = ConnectionPool(PoolSettings(idle: .seconds(60), age: .seconds(600)), kind: .multiplexed)
        _ = try pool.wait()
        let connection = try pool.openOne(streams: 10)
        _ = pool.decisions()
        #expect(pool.deadline == at(600))
        pool.expire(at: at(600))
        #expect(pool.decisions() == [])
        _ = try pool.wait(at: at(601))
        pool.released(connection, isReusable: true, at: at(602))
        let decisions = pool.decisions()
        #expect(decisions.contains(.close(connection, .retired)))
        #expect(decisions.count == 2)
    }

    @Test("when the peer allows more streams, those who wait get them")
    func moreStreams() throws {
        var pool = ConnectionPool(PoolSettings(connections: 1), kind: .multiplexed)
        for _ in 0..<3 { _ = try pool.wait() }
        let connection = try pool.openOne(streams: 1)
        #expect(pool.decisions().count == 1)
        pool.setStreams(3, of: connection)
        #expect(pool.decisions().count == 2)
    }

    @Test("any order of calls keeps the counts right and serves everybody")
    func randomOrder() throws {
        for seed in UInt64(1)...50 {
            var random = SplitMix(state: seed)
            var pool = ConnectionPool(PoolSettings(connections: 4), kind: .unknown)
            let isMultiplexed = seed % 2 == 0
            var opening: [PooledConnection] = []
            var busy: [PooledConnection] = []
            var waiting: [WaiterTicket] = []
            for step in Int64(0)..<400 {
                let now = at(step)
                switch random.next() % 6 {
                case 0, 1:
                    switch pool.acquire(at: now) {
                    case .granted(let connection, _): busy.append(connection)
                    case .queued(let ticket): waiting.append(ticket)
                    }
                case 2:
                    guard let connection = opening.popLast() else { break }
                    if random.next() % 4 == 0 {
                        pool.closed(connection, at: now)
                    } else {
                        pool.opened(connection, streams: isMultiplexed ? 3 : nil, at: now)
                    }
                case 3:
                    guard !busy.isEmpty else { break }
                    let index = Int(random.next() % UInt64(busy.count))
                    pool.released(busy.remove(at: index), isReusable: random.next() % 5 != 0, at: now)
                case 4:
                    guard !busy.isEmpty, random.next() % 4 == 0 else { break }
                    let dead = busy[Int(random.next() % UInt64(busy.count))]
                    pool.closed(dead, at: now)
                    busy.removeAll { $0 == dead }
                default:
                    guard !waiting.isEmpty, random.next() % 3 == 0 else { break }
                    pool.withdraw(waiting.remove(at: Int(random.next() % UInt64(waiting.count))))
                }
                pool.expire(at: now)
                while let decision = pool.nextDecision(at: now) {
                    switch decision {
                    case .open(let connection): opening.append(connection)
                    case .abandon(let connection): opening.removeAll { $0 == connection }
                    case .grant(let ticket, let connection, _):
                        #expect(ticket == waiting.first)
                        waiting.removeFirst()
                        busy.append(connection)
                    case .refuse(let ticket): waiting.removeAll { $0 == ticket }
                    case .close(let connection, _): #expect(!busy.contains(connection))
                    }
                }
                #expect(pool.waiting == waiting.count)
                #expect(pool.opening == opening.count)
                #expect(pool.open + pool.opening <= 4)
                #expect(waiting.isEmpty || pool.open + pool.opening > 0)
                #expect(
                    Dictionary(grouping: busy, by: { $0 }).values.allSatisfy { $0.count <= (isMultiplexed ? 3 : 1) })
            }
        }
    }
}

private struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
