public import TransportCore

/// Remembers where origins speak HTTP/3, and what was experienced with it. An application can bring a cache of its own,
/// one that several processes share, say.
///
/// Asked and told from any thread, and never waited for: a cache that keeps its entries elsewhere holds a copy here.
/// Times are in seconds since 1970.
public protocol AltSvcCache: AnyObject, Sendable {
    /// Another number whenever a lookup may have another answer than before, the passing of time apart. A cache that
    /// cannot tell gives another number each time, and is then asked for every request.
    var generation: UInt64 { get }

    /// The alternatives of `origin` that hold at `now`, best first, those that are broken among them.
    func alternatives(of origin: Origin, at now: Int64) -> [KnownAlternative]

    /// The origin has these alternatives from now on, and no others (RFC 7838 §3).
    func store(_ alternatives: [Alternative], of origin: Origin, at now: Int64)

    /// The origin has no alternatives any more: it said `clear`, or one of them answered 421 (RFC 7838 §6).
    func forget(_ origin: Origin)

    /// An attempt to use an alternative failed. Returns for how many seconds it is left alone on this network.
    func markBroken(_ service: AltService, of origin: Origin, at now: Int64) -> Int64

    /// A request was answered by the alternative: failures of the past count no longer.
    func markWorking(_ service: AltService, of origin: Origin)

    /// The machine is on another network: on `name`, or on one without a name. What does not persist is forgotten, and
    /// what was broken on the network before is tried again.
    func networkChanged(to name: String?)

    /// Whether alternatives of `origin` may be looked for, and used: yes, unless the application excluded it.
    func learns(of origin: Origin) -> Bool

    /// What went wrong with the cache since the last time that this was asked: a sentence for people.
    func takeProblem() -> String?

    /// Returns when all that was learned is where it outlives the process, or cannot be brought there.
    func flush() async
}

extension AltSvcCache {
    /// Of every origin.
    public func learns(of origin: Origin) -> Bool { true }
    /// Nothing.
    public func takeProblem() -> String? { nil }
    /// Does nothing.
    public func flush() async {}
}
