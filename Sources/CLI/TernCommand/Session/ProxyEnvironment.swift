import Glibc
import TernCore

/// Which proxy the environment names for a URL, as curl reads it: `http_proxy` (in lower case only, since a web
/// server sets `HTTP_PROXY` from a request's field `Proxy`), `https_proxy`, `HTTPS_PROXY`, `all_proxy`, `ALL_PROXY`;
/// and for which hosts none is used: `no_proxy`, `NO_PROXY`, or what `--noproxy` says in their place.
struct ProxyEnvironment: Sendable {
    private let variables: [String: String]
    private let exceptions: String

    /// The variables of this process.
    init(noProxy: String?) {
        let names = ["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"]
        var variables: [String: String] = [:]
        for name in names {
            if let value = unsafe getenv(name) { variables[name] = unsafe String(cString: value) }
        }
        self.init(variables, noProxy: noProxy)
    }

    init(_ variables: [String: String], noProxy: String?) {
        self.variables = variables
        exceptions = noProxy ?? variables["no_proxy"] ?? variables["NO_PROXY"] ?? ""
    }

    /// The proxy for `url` as text; `nil` for none.
    func proxy(for url: HTTPURL) -> String? {
        guard !isExcepted(url.host) else { return nil }
        let names = url.scheme == .https ? ["https_proxy", "HTTPS_PROXY"] : ["http_proxy"]
        return (names + ["all_proxy", "ALL_PROXY"]).compactMap { variables[$0] }.first { !$0.isEmpty }
    }

    /// Whether `host` is connected to without a proxy: `*` excepts all, a name itself and those below it, an address
    /// or a block of them (`10.0.0.0/8`) what lies in it.
    func isExcepted(_ host: String) -> Bool {
        if exceptions == "*" { return true }
        let address = IPAddress(host)
        return exceptions.split { $0 == "," || $0 == " " }.contains { entry in
            if let address {
                return AddressBlock(Places.unbracketed(String(entry)))?.contains(address) ?? false
            }
            let name = (entry.hasPrefix(".") ? entry.dropFirst() : entry).lowercased()
            return host == name || host.hasSuffix(".\(name)")
        }
    }
}
