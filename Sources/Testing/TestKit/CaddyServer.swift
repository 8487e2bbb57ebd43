/// Caddy: HTTP/1.1 and HTTP/2 in Go's implementation, and HTTP/3 with an `Alt-Svc` field that announces it.
///
/// It serves `/1k`, `/bytes/SIZE` (1, 65536 and 1048576; bytes as `NginxServer.pattern`), `/protocol`, and `/status/N`
/// for a few N. One that stands before an application serves that one's paths under `/app`.
package final class CaddyServer: Sendable {
    /// The root that its certificate is signed by.
    package let ca: ThrowawayCA
    private let process: ServerProcess
    /// Kept running.
    private let application: HypercornServer?

    private static let instance = Shared { try CaddyServer() }

    /// The one that all tests of this process share; started on first use.
    package static func shared() async throws -> CaddyServer { try await instance.value }

    /// Starts one and waits until it listens. Blocks: see `onThread`.
    ///
    /// - Parameters:
    ///   - application: Its paths are served under `/app`, over whatever version of HTTP the client speaks.
    ///   - identity: Its certificate; one that is good if it is not said.
    ///   - gone: A server that was stopped, whose ports it takes: that one, started anew.
    package init(
        before application: HypercornServer? = nil, identity: ThrowawayCA.Identity? = nil,
        after gone: CaddyServer? = nil
    ) throws(TestKitError) {
        let ca = try ThrowawayCA.shared()
        let folder = try ScratchFolder("caddy")
        let files = try folder.folder("www")
        try files.write("1k", NginxServer.pattern(1024))
        let bytes = try files.folder("bytes")
        for size in [1, 65_536, 1_048_576] { try bytes.write(String(size), NginxServer.pattern(size)) }
        self.ca = ca
        self.application = application
        process = try ServerProcess(.caddy, ports: 2, at: gone?.process.ports, in: folder) {
            ports throws(TestKitError) in
            try folder.write(
                "Caddyfile",
                Self.configuration(ports: ports, files: files.path, identity: identity ?? ca.server, application))
            return .init(
                program: "caddy", arguments: ["run", "--config", "Caddyfile", "--adapter", "caddyfile"],
                environment: ["HOME": folder.path, "XDG_DATA_HOME": folder.path, "XDG_CONFIG_HOME": folder.path])
        }
    }

    /// The port behind `url`: TCP for HTTP/1.1 and HTTP/2, UDP for HTTP/3.
    package var port: UInt16 { process.ports[0] }

    /// A URL with `https`.
    package func url(_ path: String) -> String { "https://localhost:\(process.ports[0])\(path)" }

    /// A URL with `http`, where it speaks HTTP/1.1, and HTTP/2 by prior knowledge or upgrade.
    package func clearURL(_ path: String) -> String { "http://localhost:\(process.ports[1])\(path)" }

    /// Stops it. One that is dropped, or shared, needs no call.
    package func stop() { process.stop() }

    // `pki` keeps newer versions from writing a root of their own into the system's trust store.
    private static func configuration(
        ports: [UInt16], files: String, identity: ThrowawayCA.Identity, _ application: HypercornServer?
    ) -> String {
        // What comes is handed on at once: an event stream is not kept back.
        let app = application.map {
            "handle_path /app/* { \n reverse_proxy 127.0.0.1:\($0.clearPort) { \n flush_interval -1 \n } \n }"
        }
        return """
            {
                admin off
                auto_https off
                skip_install_trust
                pki {
                    ca local {
                        name unused
                    }
                }
                servers 127.0.0.1:\(ports[0]) {
                    protocols h1 h2 h3
                }
                servers 127.0.0.1:\(ports[1]) {
                    protocols h1 h2c
                }
            }
            (site) {
                bind 127.0.0.1
                root * \(files)
                respond /protocol {http.request.proto}
                @status path_regexp code ^/status/(204|404|429|500|503)$
                respond @status "" {re.code.1}
                \(app ?? "")
                file_server
            }
            https://localhost:\(ports[0]) {
                tls \(identity.certificate) \(identity.key)
                import site
            }
            http://localhost:\(ports[1]) {
                import site
            }

            """
    }
}
