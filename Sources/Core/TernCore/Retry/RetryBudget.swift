import Synchronization

/// Keeps retries from multiplying an outage: how many requests to one host may be repeated is a share of those that
/// are made to it.
///
/// Each host has an account. It starts with `burst`, gets `ratio` for every request that is made, never holds more than
/// `burst`, and pays 1 for every repetition; one that cannot be paid is not made. With the defaults a server that
/// fails for long sees at most a fifth more requests than without any retries. One budget may be shared by sessions.
public final class RetryBudget: Sendable {
    /// What an account starts with, and holds at most: 100.
    public let burst: Double
    /// What it gets for each request: 0.2.
    public let ratio: Double
    private let accounts = Mutex<[Origin: Double]>([:])

    /// Hosts remembered; the rest start anew.
    private static let limit = 1_024

    /// A budget. Values below zero count as zero.
    public init(burst: Double = 100, ratio: Double = 0.2) {
        self.burst = max(0, burst)
        self.ratio = max(0, ratio)
    }

    /// What is left for `origin`.
    public func balance(of origin: Origin) -> Double { accounts.withLock { $0[origin] ?? burst } }

    /// A request to `origin` was made.
    func deposit(_ origin: Origin) {
        accounts.withLock { accounts in
            guard let balance = accounts[origin] else { return }  // Full.
            accounts[origin] = balance + ratio >= burst ? nil : balance + ratio
        }
    }

    /// Pays for one repetition; false if there is not enough.
    func withdraw(_ origin: Origin) -> Bool {
        accounts.withLock { accounts in
            let balance = accounts[origin] ?? burst
            guard balance >= 1 else { return false }
            if accounts.count >= Self.limit, accounts[origin] == nil { accounts.removeAll() }
            accounts[origin] = balance - 1
            return true
        }
    }
}
