package import QUICEngine
package import Wire

/// A numbers generator that gives the same numbers for the same seed (splitmix64).
package struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    package init(_ seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// What happens to datagrams on the way, the same for the same seed.
package struct NetworkPlan: Sendable {
    package var seed: UInt64 = 1
    /// Of a hundred datagrams, how many are lost, come twice, come late, or come with a byte changed.
    package var lost = 0
    package var doubled = 0
    package var late = 0
    package var corrupted = 0
    /// How long the way takes, and how much longer for a late one.
    package var delay: Duration = .milliseconds(5)
    package var lateness: Duration = .milliseconds(12)
    /// Bytes of the largest datagram that gets through.
    package var largest = 1_472
    /// Whether nothing gets through: to the server, to the client.
    package var holesUp = false
    package var holesDown = false

    package init() {}
}

/// A datagram that is on its way.
package struct Datagram: Sendable {
    package let due: Instant
    package let toServer: Bool
    package var bytes: [UInt8]
    package let ecn: QUICECN
    /// As the receiver sees it.
    package let path: QUICPath
    fileprivate let order: UInt64
}

/// The way between a client and a server.
package struct Network {
    package var plan: NetworkPlan {
        didSet { if plan.seed != oldValue.seed { random = Seeded(plan.seed) } }
    }
    private var random: Seeded
    private var flying: [Datagram] = []
    private var count: UInt64 = 0
    /// All that was sent, for counting and for replays.
    package private(set) var sentUp: [[UInt8]] = []
    package private(set) var sentDown: [[UInt8]] = []

    package init(_ plan: NetworkPlan) {
        self.plan = plan
        random = Seeded(plan.seed)
    }

    package mutating func send(_ bytes: ArraySlice<UInt8>, _ batch: QUICBatch, toServer: Bool, at now: Instant) {
        var offset = bytes.startIndex
        while offset < bytes.endIndex {
            let end = min(offset + batch.segment, bytes.endIndex)
            fly([UInt8](bytes[offset..<end]), batch, toServer, now)
            offset = end
        }
    }

    private mutating func chance(_ percent: Int) -> Bool {
        percent > 0 && Int.random(in: 0..<100, using: &random) < percent
    }

    private mutating func fly(_ bytes: [UInt8], _ batch: QUICBatch, _ toServer: Bool, _ now: Instant) {
        if toServer { sentUp.append(bytes) } else { sentDown.append(bytes) }
        guard !chance(plan.lost), bytes.count <= plan.largest, !(toServer ? plan.holesUp : plan.holesDown) else {
            return
        }
        var bytes = bytes
        if chance(plan.corrupted) {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            bytes[place] ^= UInt8.random(in: 1...255, using: &random)
        }
        let path = QUICPath(local: batch.path.remote, remote: batch.path.local)
        for _ in 0..<(chance(plan.doubled) ? 2 : 1) {
            let due = now.advanced(by: plan.delay + (chance(plan.late) ? plan.lateness : .zero))
            count += 1
            flying.append(
                Datagram(due: due, toServer: toServer, bytes: bytes, ecn: batch.ecn, path: path, order: count))
        }
    }

    /// When the next datagram comes.
    package var next: Instant? { flying.map(\.due).min() }

    /// Takes out what is due, in order.
    package mutating func arrivals(at now: Instant) -> [Datagram] {
        let due = flying.filter { $0.due <= now }.sorted { ($0.due, $0.order) < ($1.due, $1.order) }
        flying.removeAll { $0.due <= now }
        return due
    }
}
