package import Testing

/// A program that is not part of the package and that a test needs, such as a web server.
///
/// A test says `@Test(.requires(.nginx))`. Where the program is missing, the test is left out with the reason in
/// words; with `TERN_STRICT=1` in the environment, as `Scripts/test` sets it, it fails instead.
package struct Requirement: Sendable {
    /// What a person calls it.
    package let name: String
    private let files: [String]

    /// - Parameter files: Programs by name, and files by path; all have to be there.
    package init(_ name: String, _ files: [String]) {
        self.name = name
        self.files = files
    }

    /// What is missing and how to get it; nil if all is there.
    package var missing: String? {
        let absent = files.filter { $0.contains("/") ? !exists($0) : ChildProcess.find($0) == nil }
        guard !absent.isEmpty else { return nil }
        return "\(name) is not installed (no \(absent.joined(separator: ", "))): Scripts/setup --tests installs it"
    }

    /// Throws if something is missing.
    package func check() throws(TestKitError) {
        if let missing { throw TestKitError(missing) }
    }

    /// Whether a test whose requirement is missing fails (`TERN_STRICT=1`) or is left out.
    package static let isStrict = environmentValue("TERN_STRICT") == "1"

    /// Where `Scripts/setup --tests` puts the servers that are written in Python.
    package static let pythonFolder =
        environmentValue("TERN_TEST_VENV")
        ?? ((environmentValue("XDG_CACHE_HOME") ?? "\(environmentValue("HOME") ?? "/root")/.cache") + "/tern-tests/venv")
}

extension Requirement {
    /// The folder of a package in the Python environment, whatever the version of Python.
    private static func pythonPackage(_ name: String) -> String {
        let versions = (9...30).map { "\(pythonFolder)/lib/python3.\($0)/site-packages/\(name)" }
        return versions.first { exists($0) } ?? "\(pythonFolder)/lib/python3/site-packages/\(name)"
    }

    /// The `openssl` command, which makes the certificates.
    package static let openssl = Requirement("openssl", ["openssl"])
    /// The `curl` command.
    package static let curl = Requirement("curl", ["curl"])
    /// nginx with the echo module, and certificates.
    package static let nginx = Requirement(
        "nginx-light", ["nginx", "/usr/lib/nginx/modules/ngx_http_echo_module.so", "openssl"])
    /// Caddy, and certificates.
    package static let caddy = Requirement("caddy", ["caddy", "openssl"])
    /// nghttpd, and certificates.
    package static let nghttpd = Requirement("nghttp2-server", ["nghttpd", "openssl"])
    /// Clients of HTTP/2 from nghttp2.
    package static let nghttp = Requirement("nghttp2-client", ["nghttp", "h2load"])
    /// Clients that are written in Python.
    package static let pythonClients = Requirement(
        "httpx and niquests", ["\(pythonFolder)/bin/python", "\(pythonFolder)/clients"])
    /// httpbin under gunicorn.
    package static let httpbin = Requirement("httpbin", ["\(pythonFolder)/bin/gunicorn"])
    /// hypercorn with HTTP/3, and certificates.
    package static let hypercorn = Requirement(
        "hypercorn[h3]", ["\(pythonFolder)/bin/hypercorn", pythonPackage("aioquic"), "openssl"])
    /// aioquic, and certificates.
    package static let aioquic = Requirement(
        "aioquic", ["\(pythonFolder)/bin/python", pythonPackage("aioquic"), "openssl"])
    /// The squid proxy with its checker of passwords.
    package static let squid = Requirement("squid", ["squid", "/usr/lib/squid/basic_ncsa_auth", "openssl"])
    /// The tinyproxy proxy.
    package static let tinyproxy = Requirement("tinyproxy", ["tinyproxy"])
    /// The microsocks SOCKS5 proxy.
    package static let microsocks = Requirement("microsocks", ["microsocks"])
    /// Dante, a SOCKS4 and SOCKS5 proxy.
    package static let dante = Requirement("dante-server", ["danted"])
    /// stunnel, which puts TLS before tinyproxy.
    package static let stunnel = Requirement("stunnel4", ["stunnel", "tinyproxy", "openssl"])
}

extension Trait where Self == ConditionTrait {
    /// Leaves the test out where a program is missing; in strict mode it fails there.
    package static func requires(_ requirements: Requirement...) -> Self {
        let missing = requirements.compactMap(\.missing).joined(separator: "; ")
        return .enabled("\(missing)") {
            if Requirement.isStrict, !missing.isEmpty { throw TestKitError(missing) }
            return missing.isEmpty
        }
    }
}
