import TestKit

/// The servers that the command lines of the tests name: `{nginx}/1k`, `--cacert {ca}`.
struct Servers: Sendable {
    private let values: [(name: String, value: String)]

    private static let instance = Shared { try Servers() }

    /// The ones that all tests share; started on first use.
    static func shared() async throws -> Servers { try await instance.value }

    /// Those that are started here: what a command line needs besides is named by the test itself.
    private init() throws {
        let nginx = try NginxServer()
        let hypercorn = try HypercornServer()
        let ca = nginx.ca
        var values = [
            ("nginx", nginx.url("")), ("ipv4", nginx.url("", host: "127.0.0.1")), ("tls", nginx.url("", .tls)),
            ("tls12", nginx.url("", .tls12)), ("http1", nginx.url("", .tlsHTTP1)), ("h2c", nginx.url("", .h2c)),
            ("client", nginx.url("", .clientCertificate)), ("expired", nginx.url("", .expired)),
            ("selfsigned", nginx.url("", .selfSigned)), ("wronghost", nginx.url("", .wrongHost)),
            ("unix", nginx.unixSocket), ("port", "\(nginx.port(.clear))"), ("echo", hypercorn.clearURL("/echo")),
            ("hypercorn", hypercorn.clearURL("")), ("ca", ca.certificate), ("cafolder", ca.folder),
            ("hypercorntls", hypercorn.url("")), ("cert", ca.client.certificate), ("key", ca.client.key),
            ("lockedkey", ca.clientEncryptedKey),
            ("password", ca.password),
        ]
        values.append(("echohost", String(hypercorn.clearURL("").dropFirst("http://".count))))
        self.values = values
        kept = [nginx, hypercorn]
    }

    /// Servers live as long as this does.
    private let kept: [any Sendable]

    /// `text` with every `{name}` filled in, by `others` too.
    func fill(_ text: String, _ others: [(String, String)] = []) -> String {
        (values + others).reduce(text) { text, pair in
            text.split(separator: "{\(pair.0)}", omittingEmptySubsequences: false).joined(separator: pair.1)
        }
    }
}
