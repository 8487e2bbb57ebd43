/// Which proxy is used for which URL.
///
///     session.configure { $0.proxies = try .table(["http": "http://proxy:8080", "https": "socks5h://proxy:1080"]) }
public struct ProxyRules: Sendable {
    /// The choice: `nil` for none.
    public var select: @Sendable (HTTPURL) -> ProxyOptions?
    /// Why a URL's proxy cannot be used; asked where `select` gives none.
    var refusal: @Sendable (HTTPURL) -> ProxyTextError? = { _ in nil }
    /// Whether the environment is asked.
    var isFromEnvironment = false

    /// What proxies have asked for; `nil` if there is none. Shared by all copies.
    let memory: ProxyMemory?

    /// A choice made by `select`, asked once for each origin.
    public init(select: @escaping @Sendable (HTTPURL) -> ProxyOptions?) {
        self.select = select
        memory = ProxyMemory()
    }

    private init() {
        select = { _ in nil }
        memory = nil
    }

    /// No proxy, whatever the environment says.
    public static let none = ProxyRules()

    /// The same proxy for everything.
    public static func all(_ proxy: ProxyOptions) -> ProxyRules { ProxyRules { _ in proxy } }

    /// The same proxy for everything, except for the URLs in a list like that of `no_proxy`.
    public static func all(_ proxy: ProxyOptions, except list: String) -> ProxyRules {
        let exceptions = NoProxy(list)
        return ProxyRules { exceptions.contains($0) ? nil : proxy }
    }

    /// What ``SessionConfiguration/environment`` says: the default. A variable that names no proxy ends the calls that it is meant for
    /// in ``TransportError/Code/badRequest``, before anything is sent.
    public static let fromEnvironment: ProxyRules = {
        // Stands for what the environment says, which has a memory of its own.
        var rules = ProxyRules.none
        rules.select = { url in ProxyRules.environment(.process).select(url) }
        rules.isFromEnvironment = true
        return rules
    }()

    /// What `environment` says.
    public static func environment(
        _ environment: Environment, reading: ProxyEnvironment.Reading = .common, noProxy: String? = nil
    ) -> ProxyRules {
        let proxies = ProxyEnvironment(environment, reading: reading, noProxy: noProxy)
        guard !proxies.isEmpty else { return .none }
        var rules = ProxyRules { try? proxies.proxy(for: $0) }
        rules.refusal = { url in
            do throws(ProxyTextError) {
                _ = try proxies.proxy(for: url)
                return nil
            } catch {
                return error
            }
        }
        return rules
    }

    /// A choice by scheme and host. The first of these keys that is there counts: `https://api.example:8443` with the
    /// URL's port, `https://api.example`, `https`, `all://api.example`, `all`. `nil`, like an empty text, means none.
    ///
    /// - Parameters:
    ///   - table: proxies as text, by key; the keys may end in `://`.
    ///   - list: URLs without a proxy, in a list like that of `no_proxy`.
    public static func table(_ table: [String: String?], except list: String = "") throws(ProxyTextError) -> ProxyRules
    {
        var proxies: [String: ProxyOptions?] = [:]
        for (key, text) in table {
            let plain = (key.hasSuffix("://") ? String(key.dropLast(3)) : key).lowercased()
            let proxy: ProxyOptions? = if let text, !text.isEmpty { try ProxyOptions(text) } else { nil }
            proxies[plain] = .some(proxy)
        }
        let exceptions = NoProxy(list)
        return ProxyRules { [proxies] url in
            if exceptions.contains(url) { return nil }
            let host = url.isIPv6 ? "[\(url.host)]" : url.host
            for key in [
                "\(url.scheme)://\(host):\(url.port)", "\(url.scheme)://\(host)", "\(url.scheme)", "all://\(host)",
                "all",
            ] {
                if let proxy = proxies[key] { return proxy }
            }
            return nil
        }
    }
}
