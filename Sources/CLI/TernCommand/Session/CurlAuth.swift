import Glibc
import TernCore

/// How the command line says who is asking: `-u`, `--digest` and the like, `-n`, and users in URLs.
enum CurlAuth {
    /// What a session proves itself with: a token, the user of `-u`, or a netrc file's.
    static func authenticator(_ invocation: Invocation) throws -> (any Authenticator)? {
        if let token = invocation.bearer { return BearerAuth(token: token) }
        if let user = invocation.user { return authenticator(invocation.schemes, credentials(user)) }
        guard invocation.netrc != nil, let netrc = try netrc(invocation) else { return nil }
        let scheme: NetrcAuth.Scheme =
            switch invocation.schemes {
            case .basic: .basic
            case .digest: .digest
            case .any: .any
            }
        return NetrcAuth(netrc, scheme: scheme)
    }

    /// What one transfer proves itself with, where its URL names a user; `nil` for what the session has.
    static func authenticator(
        for url: String, _ invocation: Invocation
    ) throws -> (any Authenticator)? {
        guard invocation.bearer == nil, invocation.user == nil, let url = try? HTTPURL(url),
            let given = url.credentials
        else { return nil }
        switch invocation.netrc {
        case .required?: return nil
        case .optional? where given.password.isEmpty:
            guard let found = try netrc(invocation)?.credentials(for: url.host, user: given.user) else { break }
            return authenticator(invocation.schemes, found)
        default: break
        }
        return authenticator(invocation.schemes, given)
    }

    static func authenticator(_ schemes: AuthSchemes, _ credentials: Credentials) -> any Authenticator {
        switch schemes {
        case .basic: BasicAuth(credentials)
        case .digest: DigestAuth(credentials)
        case .any: AnyAuth(credentials)
        }
    }

    /// Where another way than Basic was asked for.
    static func proxyAuthenticator(_ invocation: Invocation) -> (any ProxyAuthenticator)? {
        let user = invocation.proxyUser.map(credentials)
        let inURL = invocation.proxy.flatMap { try? Places.proxy($0).credentials }
        guard let known = user ?? inURL else { return nil }
        return switch invocation.proxySchemes {
        case .basic: nil
        case .digest: DigestAuth(known)
        case .any: AnyAuth(known)
        }
    }

    /// `name:password`; asks for a password that is not there, as curl does.
    static func credentials(_ text: String) -> Credentials {
        if let colon = text.firstIndex(of: ":") {
            return Credentials(user: String(text[..<colon]), password: String(text[text.index(after: colon)...]))
        }
        guard isatty(STDIN_FILENO) == 1, let password = unsafe getpass("Enter password for user '\(text)': ") else {
            return Credentials(user: text, password: "")
        }
        return Credentials(user: text, password: unsafe String(cString: password))
    }

    /// The file that `--netrc-file` names, or the home folder's; none if it is not there, as curl has it.
    private static func netrc(_ invocation: Invocation) throws -> Netrc? {
        guard let path = invocation.netrcFile ?? Netrc.defaultPath(), unsafe access(path, R_OK) == 0 else { return nil }
        do { return try Netrc(contentsOf: path) } catch { throw UsageError("--netrc: \(error)", code: 26) }
    }
}
