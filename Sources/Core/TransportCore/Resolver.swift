/// Finds the addresses of hosts. Class-bound, because the object is part of a route's identity.
public protocol Resolver: AnyObject, Sendable {
    /// The addresses of `host`, an ASCII name in lower case, best first. Must return soon after the task is
    /// cancelled. Never asked for literal addresses.
    func resolve(_ host: String, family: AddressFamily) async throws(ResolveError) -> ResolvedHost

    /// The DNS's answer to a question for records of `type` at `name`, as a message in wire form (RFC 1035 §4): 65 for
    /// HTTPS records (RFC 9460). `nil` if the resolver cannot ask for records, which is what it does if it does not
    /// say otherwise. Must return soon after the task is cancelled. No request ever waits for it.
    func records(_ type: UInt16, at name: String) async throws(ResolveError) -> [UInt8]?
}

extension Resolver {
    /// Cannot ask for records.
    public func records(_ type: UInt16, at name: String) async throws(ResolveError) -> [UInt8]? { nil }
}

/// The addresses of a host.
public struct ResolvedHost: Sendable, Hashable {
    /// Best first; never empty.
    public var addresses: [IPAddress]
    /// How long they hold; `nil` if not known.
    public var timeToLive: Duration?

    /// Addresses that hold for `timeToLive`.
    public init(addresses: [IPAddress], timeToLive: Duration? = nil) {
        self.addresses = addresses
        self.timeToLive = timeToLive
    }
}

/// Why a host has no addresses.
public struct ResolveError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure.
    public enum Reason: Sendable, Hashable {
        /// There is no such host, or it has no address of the family wanted.
        case notFound
        /// No answer could be had; trying again may help.
        case unavailable
        /// The task was cancelled.
        case cancelled
    }
    /// The kind of failure.
    public var reason: Reason
    /// What was asked and what came back.
    public var message: String

    /// A failure with its words.
    public init(_ reason: Reason, message: String) {
        self.reason = reason
        self.message = message
    }
    public var description: String { message }
}
