/// How much a ``MemoryCookies`` keeps. Every cap has a reason; what is beyond one is refused or goes first.
public struct CookieLimits: Sendable, Hashable {
    /// Cookies all together: 3,000, as RFC 6265 §6.1 asks for. The one that was not used for longest goes.
    public var total: Int = 3_000
    /// Cookies of one domain: 180, as in browsers; RFC 6265 §6.1 asks for 50. Those that are not secure go first.
    public var perDomain: Int = 180
    /// The longest name and value together, in bytes: 4,096 (RFC 6265bis §5.6). A longer cookie is refused.
    public var pair: Int = 4_096
    /// The longest value of an attribute, in bytes: 1,024 (RFC 6265bis §5.6). A longer attribute is ignored.
    public var attribute: Int = 1_024
    /// The longest `Cookie` field, in bytes: 16 KiB, more than servers take. What does not fit is left out, least
    /// specific paths and youngest cookies first.
    public var field: Int = 16 * 1024
    /// How far off a server may put the end of a cookie: 400 days (RFC 6265bis §5.5). A later end becomes that one.
    /// `nil` takes every end.
    public var age: Duration? = .seconds(400 * 86_400)

    /// The defaults.
    public init() {}
}
