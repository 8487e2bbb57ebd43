public import Logging

/// What is written to a log of a session's requests, and what is hidden.
///
///     session.configure { $0.logging = .standard }
///
/// One line for each attempt, when its response or error is there: method, URL, status, time. User and password are
/// never in a URL; values of `hiddenQueryKeys` are replaced in URLs, and those of `hiddenFields` where fields are
/// shown, by `(hidden)`. Bodies are never written.
public struct LogPolicy: Sendable {
    /// Where the lines go.
    public var logger: Logger
    /// The level of responses below 400: info. Those of 400 and above, and errors, are warnings.
    public var level: Logger.Level = .info
    /// The level of responses of 400 and above, and of errors.
    public var failureLevel: Logger.Level = .warning
    /// Whether the fields of request and response are written with each line: no.
    public var showsFields: Bool = false
    /// Fields whose values are hidden.
    public var hiddenFields: Set<HTTPField.Name> = LogPolicy.standardFields
    /// Keys of a query whose values are hidden, in lower case; they are compared without regard to case.
    public var hiddenQueryKeys: Set<String> = LogPolicy.standardQueryKeys

    /// A policy that writes to `logger`.
    public init(_ logger: Logger) { self.logger = logger }

    /// Writes to a logger with the label `tern`, as swift-log is set up in this process.
    public static var standard: LogPolicy { LogPolicy(Logger(label: "tern")) }

    /// `Authorization`, `Proxy-Authorization`, `Cookie`, `Set-Cookie`, challenges' answers, and the names that services
    /// use for keys: `X-Api-Key` and the like.
    public static let standardFields: Set<HTTPField.Name> = Set(
        [.authorization, .proxyAuthorization, .cookie, .setCookie]
            + [
                "Authentication-Info", "Proxy-Authentication-Info", "X-Api-Key", "Api-Key", "X-Auth-Token",
                "X-Access-Token", "X-Amz-Security-Token", "X-Csrf-Token", "X-Goog-Api-Key", "Private-Token",
            ].compactMap { HTTPField.Name($0) })

    /// What services call keys, tokens, signatures and passwords.
    public static let standardQueryKeys: Set<String> = [
        "access_token", "api_key", "apikey", "api-key", "appid", "auth", "auth_token", "authorization", "client_secret",
        "code", "credential", "id_token", "jwt", "key", "passwd", "password", "pwd", "refresh_token", "secret",
        "session", "sessionid", "session_id", "sid", "sig", "signature", "token", "x-amz-credential",
        "x-amz-security-token", "x-amz-signature", "x-goog-credential", "x-goog-signature",
    ]

    /// `url` as it may be shown: secrets of the query hidden, and without the fragment, which may hold tokens.
    public func shown(_ url: HTTPURL) -> String {
        let whole = url.absoluteString.prefix { $0 != "#" }
        guard let query = url.query, let mark = whole.firstIndex(of: "?") else { return String(whole) }
        let parts = query.split(separator: "&", omittingEmptySubsequences: false).map { part -> String in
            let name = part.prefix { $0 != "=" }
            let plain = FormEncoding.decode(String(name)).first?.0 ?? String(name)
            guard name.count < part.count, hiddenQueryKeys.contains(plain.lowercased()) else { return String(part) }
            return "\(name)=(hidden)"
        }
        return "\(whole[..<mark])?\(parts.joined(separator: "&"))"
    }

    /// The value of a field as it may be shown.
    public func shown(_ field: HTTPField) -> String {
        if hiddenFields.contains(field.name) { return "(hidden)" }
        // These hold URLs.
        switch field.name {
        case .location, .referer, .contentLocation:
            return (try? HTTPURL(field.value)).map { shown($0) } ?? withoutQuery(field.value)
        default: return field.value
        }
    }

    private func withoutQuery(_ reference: String) -> String {
        let path = reference.prefix { $0 != "?" && $0 != "#" }
        return path.count < reference.count ? "\(path)?(hidden)" : reference
    }
}
