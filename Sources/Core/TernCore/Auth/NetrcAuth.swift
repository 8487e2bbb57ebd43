import Synchronization

/// Credentials from a netrc file, by the host that is asked.
///
///     session.configure { $0.auth = try NetrcAuth() }
///
/// Unlike other authenticators it serves every host that a redirect leads to, with that host's own entry; but nothing
/// goes from a call for https to http. A host without an entry is asked without credentials. A request that has an
/// `Authorization` field of its own keeps it.
public final class NetrcAuth: Authenticator {
    /// How users and passwords of the file are given.
    public enum Scheme: Sendable, Hashable {
        /// Basic, with the first request: what curl and Python's clients do.
        case basic
        /// Digest, when it is asked for.
        case digest
        /// What is asked for, the strongest first: ``AnyAuth``.
        case any
    }

    private let netrc: Netrc
    private let scheme: Scheme
    private let made = Mutex<[Credentials: any Authenticator]>([:])

    /// Credentials from `netrc`.
    public init(_ netrc: Netrc, scheme: Scheme = .basic) {
        self.netrc = netrc
        self.scheme = scheme
    }

    /// Credentials from the file at `path`, or the one that is there by custom (``Netrc/defaultPath()``), which must
    /// be for this user alone. Blocks for as long as the disk takes; throws ``NetrcError``.
    public convenience init(_ path: String? = nil, scheme: Scheme = .basic) throws(NetrcError) {
        if let path {
            self.init(try Netrc(contentsOf: path), scheme: scheme)
        } else if let path = Netrc.defaultPath() {
            self.init(try Netrc(contentsOf: path, permissions: .ownerOnly), scheme: scheme)
        } else {
            throw NetrcError(.unreadable, "there is no netrc file: NETRC is not set, nor is there a .netrc at home")
        }
    }

    public func covers(_ request: Request, _ call: Call) -> Bool {
        !(call.url.scheme == .https && request.url.scheme == .http)
    }

    public func authorize(_ request: Request, _ call: Call) async throws -> Request {
        guard !request.fields.contains(.authorization), let auth = authenticator(for: request) else { return request }
        return try await auth.authorize(request, call)
    }

    public func answer(_ response: TransportResponse, to request: Request, _ call: Call) async throws -> Request? {
        try await authenticator(for: request)?.answer(response, to: request, call)
    }

    public func accepted(_ response: TransportResponse, to request: Request, _ call: Call) {
        authenticator(for: request)?.accepted(response, to: request, call)
    }

    private func authenticator(for request: Request) -> (any Authenticator)? {
        guard let credentials = netrc.credentials(for: request.url.host) else { return nil }
        return made.withLock { made in
            if let known = made[credentials] { return known }
            let auth: any Authenticator =
                switch scheme {
                case .basic: BasicAuth(credentials)
                case .digest: DigestAuth(credentials)
                case .any: AnyAuth(credentials)
                }
            made[credentials] = auth
            return auth
        }
    }
}
