/// What goes wrong with which exchange of a ``FaultTransport``: shares of all exchanges, dealt out by a seed. The
/// same seed gives the same fault to the exchange of the same number, whatever happens to the others.
public struct FaultPlan: Sendable, Hashable {
    /// What goes wrong with an exchange.
    public enum Fault: Sendable, Hashable {
        /// It fails before anything is sent: ``TransportError/Code/connectionRefused``, safe to send again.
        case refused
        /// It is sent, and its answer is lost: ``TransportError/Code/connectionReset``, perhaps acted on.
        case lost
        /// Its content breaks off after so many bytes at most: ``TransportError/Code/bodyTruncated``.
        case truncated(after: Int)
        /// It waits so long before it is sent.
        case stalled(Duration)
        /// Each piece of its content comes so much later.
        case slow(Duration)
    }

    /// The number that decides.
    public var seed: UInt64
    /// The share that is refused, from 0 to 1.
    public var refused: Double = 0
    /// The share whose answer is lost.
    public var lost: Double = 0
    /// The share whose content breaks off, and after how many bytes at most.
    public var truncated: Double = 0
    /// Bytes after which content breaks off: somewhere below 1,024.
    public var truncatesBelow: Int = 1_024
    /// The share that waits.
    public var stalled: Double = 0
    /// The longest wait: 1 s.
    public var longestStall: Duration = .seconds(1)
    /// The share that is slow.
    public var slow: Double = 0
    /// How much later each piece of slow content comes: 10 ms.
    public var pace: Duration = .milliseconds(10)
    /// Faults for exchanges by their number, from 0: they come before the shares. `.some(nil)` is for none.
    public var exactly: [Int: Fault?] = [:]

    /// A plan without faults.
    public init(seed: UInt64 = 0) { self.seed = seed }

    /// The fault of the exchange of this number, from 0; `nil` for none.
    public func fault(of number: Int) -> Fault? {
        if let exact = exactly[number] { return exact }
        var random = Dice(seed: seed, number: number)
        var draw = random.share()
        func falls(in share: Double) -> Bool {
            defer { draw -= share }
            return draw >= 0 && draw < share
        }
        if falls(in: refused) { return .refused }
        if falls(in: lost) { return .lost }
        if falls(in: truncated) { return .truncated(after: Int(random.share() * Double(max(1, truncatesBelow)))) }
        if falls(in: stalled) { return .stalled(longestStall * random.share()) }
        if falls(in: slow) { return .slow(pace) }
        return nil
    }
}

/// SplitMix64, which gives the same numbers everywhere.
private struct Dice {
    private var state: UInt64

    init(seed: UInt64, number: Int) {
        state = seed &+ UInt64(bitPattern: Int64(number)) &* 0xD1B5_4A32_D192_ED03
    }

    /// At least 0, below 1.
    mutating func share() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        bits ^= bits >> 31
        return Double(bits >> 11) / Double(1 << 53)
    }
}
