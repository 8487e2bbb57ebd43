/// Which redirects a session follows.
///
/// A session follows 301, 302, 303, 307 and 308 with a `Location` (RFC 9110 §15.4), and nothing else: 300 leaves the
/// choice to people, 304 is no redirect, 305 and 306 are deprecated. How the next request looks is told at
/// ``follow(limit:allowsDowngrade:sensitiveFields:)``.
public struct RedirectPolicy: Sendable, Hashable {
    /// Whether any redirect is followed. If not, the 3xx response is the answer.
    public var isFollowing: Bool
    /// How many redirects are followed in a row: 20, as RFC 9110 §15.4 leaves it to us to end loops. One more ends
    /// the call in ``HTTPError/Kind/redirects(_:)`` with the history.
    public var limit: Int
    /// Whether a redirect from https to http is followed: no. Such a one ends the call in
    /// ``HTTPError/Kind/redirects(_:)``.
    public var allowsDowngrade: Bool
    /// Fields that go to the first origin only, in addition to `Authorization`, `Cookie`, `Proxy-Authorization` and
    /// `Host`: `X-Api-Key`, say.
    public var sensitiveFields: [HTTPField.Name]
    /// What happens after `limit` redirects: the call ends in an error, by default.
    public var atLimit: LimitResult = .fail
    /// Statuses after which POST stays POST, with its content, where it would become GET: none. 301, 302 and 303 are
    /// what curl's `--post301` and its kin name.
    public var keepsPost: Set<Int> = []
    /// Whether other origins get the credentials, too: no. They get everything then but `Host`, and an
    /// ``Authenticator`` answers their challenges, as with curl's `--location-trusted`: for hosts that all belong to
    /// the same people.
    public var trustsOtherOrigins: Bool = false

    /// What happens after as many redirects as are allowed.
    public enum LimitResult: Sendable, Hashable {
        /// The next one ends the call in ``HTTPError/Kind/redirects(_:)``.
        case fail
        /// The next 3xx response is the answer.
        case answer
    }

    private init(isFollowing: Bool, limit: Int, allowsDowngrade: Bool, sensitiveFields: [HTTPField.Name]) {
        self.isFollowing = isFollowing
        self.limit = limit
        self.allowsDowngrade = allowsDowngrade
        self.sensitiveFields = sensitiveFields
    }

    /// Follows redirects.
    ///
    /// - 301 and 302 turn POST into GET and keep every other method, QUERY too (RFC 9110 §15.4.2 and 3, RFC 10008
    ///   §2.5); 303 turns every method but HEAD into GET; 307 and 308 keep the method.
    /// - A method that is kept keeps its body. A body that cannot be read twice ends the call in
    ///   ``HTTPError/Kind/body(_:)``. With a body that is dropped go the fields that describe it.
    /// - What goes to another origin (scheme, host or port) loses `Authorization`, `Cookie`, `Proxy-Authorization`,
    ///   `Host` and the `sensitiveFields`, and does not get them back.
    /// - User and password in a `Location` are not used (RFC 9110 §4.2.4). The fragment is inherited (§10.2.2).
    ///
    /// - Parameters:
    ///   - limit: how many in a row; 20 by default.
    ///   - allowsDowngrade: whether from https to http, too; no by default.
    ///   - sensitiveFields: what else only the first origin may see; nothing by default.
    public static func follow(
        limit: Int = 20, allowsDowngrade: Bool = false, sensitiveFields: [HTTPField.Name] = []
    ) -> RedirectPolicy {
        RedirectPolicy(
            isFollowing: true, limit: limit, allowsDowngrade: allowsDowngrade, sensitiveFields: sensitiveFields)
    }

    /// Follows none.
    public static let none = RedirectPolicy(isFollowing: false, limit: 0, allowsDowngrade: false, sensitiveFields: [])
}
