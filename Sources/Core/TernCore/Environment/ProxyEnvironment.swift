/// Which proxy the environment names for a URL: `http_proxy` for http, `https_proxy` for https, `all_proxy` for both,
/// and ``NoProxy`` for the exceptions in `no_proxy`.
///
/// Names in lower case come before those in upper case; one that is set and empty means none. `HTTP_PROXY` in upper
/// case is ignored where `REQUEST_METHOD` is set: there a web server runs the process, and has set `HTTP_PROXY` from
/// the field `Proxy` of whoever asked (CVE-2016-5385, "httpoxy").
public struct ProxyEnvironment: Sendable, Hashable {
    /// Whose reading of the variables is followed where readings differ.
    public enum Reading: Sendable, Hashable {
        /// That of requests and its kin.
        case common
        /// curl's: `HTTP_PROXY` in upper case is never heeded.
        case curl
        /// Go's: a dot in front of a name in `no_proxy` leaves out the host itself, and `localhost` and loopback
        /// addresses never have a proxy.
        case go
    }

    private let variables: [String: String]
    private let reading: Reading
    private let exceptions: NoProxy

    /// The variables of `environment`; `noProxy` stands in place of `no_proxy` if it is given.
    public init(_ environment: Environment, reading: Reading = .common, noProxy: String? = nil) {
        variables = environment.variables
        self.reading = reading
        let list = noProxy ?? variables["no_proxy"] ?? variables["NO_PROXY"] ?? ""
        exceptions = NoProxy(list, leadingDot: reading == .go ? .below : .hostAndBelow)
    }

    /// Whether any proxy is named.
    public var isEmpty: Bool {
        ["http_proxy", "https_proxy", "all_proxy"].allSatisfy { value(of: $0)?.isEmpty ?? true }
    }

    /// The proxy for `url` as it is written; `nil` for none.
    public func text(for url: HTTPURL) -> String? {
        guard !isExcepted(url) else { return nil }
        let text = value(of: url.scheme == .https ? "https_proxy" : "http_proxy") ?? value(of: "all_proxy")
        return text.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The proxy for `url`; `nil` for none. Throws if the variable holds something else: going past a proxy that is
    /// meant to be there could show what it is meant to hide.
    public func proxy(for url: HTTPURL) throws(ProxyTextError) -> ProxyOptions? {
        guard let text = text(for: url) else { return nil }
        return try ProxyOptions(text)
    }

    /// Whether `url` is reached without a proxy.
    public func isExcepted(_ url: HTTPURL) -> Bool {
        if reading == .go, url.host == "localhost" || url.ipAddress?.isLoopback == true { return true }
        return exceptions.contains(url)
    }

    private func value(of name: String) -> String? {
        if let value = variables[name] { return value }
        let upper = name.uppercased()
        if upper == "HTTP_PROXY", reading == .curl || variables["REQUEST_METHOD"] != nil { return nil }
        return variables[upper].flatMap { $0.isEmpty ? nil : $0 }
    }
}
