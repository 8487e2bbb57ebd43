extension ProxyOptions {
    /// Reads a proxy from text: `[kind://][user:password@]host[:port]`, as environment variables and options of
    /// commands have it. `http` is meant where no kind is named, `socks` is `socks4`. User and password are
    /// percent-decoded; a path is ignored.
    ///
    /// - Parameter defaultPort: the port where none is named; by default 80 for http, 443 for https, 1080 for SOCKS.
    public init(_ text: String, defaultPort: Int? = nil) throws(ProxyTextError) {
        let trimmed = String(text.drop { $0 == " " || $0 == "\t" })
        var rest = trimmed[...]
        var kind = Kind.http
        if let mark = trimmed.firstRange(of: "://") {
            let name = trimmed[..<mark.lowerBound].lowercased()
            guard let known = Kind(rawValue: name == "socks" ? "socks4" : name) else {
                throw ProxyTextError("\"\(name.prefix(20))\" is not a kind of proxy that is known here")
            }
            kind = known
            rest = trimmed[mark.upperBound...]
        }
        // The rules of a URL's authority hold for what follows.
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let url: HTTPURL
        do throws(HTTPURLError) {
            url = try HTTPURL("http://\(authority)")
        } catch {
            throw ProxyTextError("\(error)")
        }
        let afterUser = authority.split(separator: "@").last ?? ""
        let namesPort = (afterUser.split(separator: "]").last ?? "").contains(":")
        let standard =
            switch kind {
            case .http: 80
            case .https: 443
            case .socks4, .socks4a, .socks5, .socks5h: 1080
            }
        self.init(
            kind, host: url.host, port: namesPort ? url.port : defaultPort ?? standard, credentials: url.credentials)
    }
}

/// Text that names no proxy. Never shows user or password.
public struct ProxyTextError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong.
    public let message: String
    init(_ message: String) { self.message = message }
    /// What is wrong, and what a proxy looks like.
    public var description: String { "no proxy of the form [kind://][user:password@]host[:port]: \(message)" }
}
