/// A cookie as it is kept (RFC 6265 §5.3).
public struct Cookie: Sendable, Hashable {
    /// The name; never empty.
    public var name: String
    /// The value, quotes included if it came with some.
    public var value: String
    /// The host that it belongs to, in lower-case ASCII without a dot in front.
    public var domain: String
    /// Whether it goes to `domain` only, and not to the hosts below it.
    public var isHostOnly: Bool
    /// It goes to this path and those below it.
    public var path: String
    /// Whether it goes over https only.
    public var isSecure: Bool
    /// Whether scripts of a web page must not see it. Kept, and without effect here.
    public var isHTTPOnly: Bool
    /// What requests from other sites may carry it. Kept, and without effect here: a client has no sites.
    public var sameSite: SameSite?
    /// When it ends, in seconds since 1970; `nil` for with the session.
    public var expiry: Int64?

    /// The values of the attribute `SameSite`.
    public enum SameSite: String, Sendable, Hashable {
        /// Never with a request from another site.
        case strict
        /// Only when a person goes there.
        case lax
        /// Always.
        case none
    }

    /// A cookie; by default one for `domain` alone, every path, and the life of the session.
    public init(
        _ name: String, _ value: String, domain: String, isHostOnly: Bool = true, path: String = "/",
        isSecure: Bool = false, isHTTPOnly: Bool = false, sameSite: SameSite? = nil, expiry: Int64? = nil
    ) {
        self.name = name
        self.value = value
        self.domain = domain.lowercased()
        self.isHostOnly = isHostOnly
        self.path = path
        self.isSecure = isSecure
        self.isHTTPOnly = isHTTPOnly
        self.sameSite = sameSite
        self.expiry = expiry
    }

    /// Whether it has ended at `wallSeconds`, seconds since 1970.
    public func isExpired(at wallSeconds: Int64) -> Bool { expiry.map { $0 <= wallSeconds } ?? false }
}
