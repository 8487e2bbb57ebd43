import Glibc

/// The variables of the environment that a session heeds, as they were when it was looked at.
///
/// - `http_proxy`, `https_proxy`, `all_proxy`, `no_proxy`, in lower or upper case: which proxy is used
///   (``ProxyEnvironment``).
/// - `REQUESTS_CA_BUNDLE`, then `CURL_CA_BUNDLE`: whom to trust in place of the system's authorities, a file or a folder.
/// - `SSL_CERT_FILE`, `SSL_CERT_DIR`: where the system's authorities are, as OpenSSL has it.
/// - `SSLKEYLOGFILE`: where secrets of TLS are written, for Wireshark.
///
/// A session heeds them while ``SessionConfiguration/trustEnvironment`` is set, and only where the configuration says
/// nothing of its own.
public struct Environment: Sendable, Hashable {
    /// Names with values.
    public var variables: [String: String]

    /// These variables, and no others: for tests, and for programs that run others' work.
    public init(_ variables: [String: String] = [:]) { self.variables = variables }

    /// Those that the process has now.
    public static var process: Environment {
        var variables: [String: String] = [:]
        for name in names {
            if let value = unsafe getenv(name) { variables[name] = unsafe String(cString: value) }
        }
        return Environment(variables)
    }

    /// The value of a variable that is set and not empty.
    public subscript(name: String) -> String? { variables[name].flatMap { $0.isEmpty ? nil : $0 } }

    private static let names = [
        "http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY",
        "REQUEST_METHOD", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSLKEYLOGFILE",
    ]

    /// `options` with what the environment says where they say nothing: trust and key log.
    func applied(to options: TLSOptions) -> TLSOptions {
        var options = options
        if options.trust == .system, options.verifiesPeer,
            let bundle = self["REQUESTS_CA_BUNDLE"] ?? self["CURL_CA_BUNDLE"]
        {
            options.trust = Environment.isFolder(bundle) ? .directory(bundle) : .file(bundle)
        }
        if options.keyLogFile == nil { options.keyLogFile = self["SSLKEYLOGFILE"] }
        return options
    }

    /// `options` so that the transports, which look for the system's authorities where OpenSSL would, do not follow
    /// the environment there.
    func kept(from options: TLSOptions) -> TLSOptions {
        guard options.trust == .system, self["SSL_CERT_FILE"] != nil || self["SSL_CERT_DIR"] != nil else {
            return options
        }
        var options = options
        options.trust = Environment.systemBundle
        return options
    }

    /// Where Debian, and most others, keep the system's authorities.
    private static let systemBundle: Trust = {
        let file = "/etc/ssl/certs/ca-certificates.crt"
        let isThere = unsafe access(file, R_OK) == 0
        return isThere ? .file(file) : .directory("/etc/ssl/certs")
    }()

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
