/// nghttpd, the HTTP/2 server of the nghttp2 project: the fastest one to measure against, and one with trailers.
///
/// It serves `/1k` and `/bytes/SIZE` (1, 65536 and 1048576; bytes as `NginxServer.pattern`), and every response ends
/// with the trailer `x-trailer: nghttpd`. With `--echo-upload` in its options it sends request bodies back.
package final class NghttpdServer: Sendable {
    /// The root that its certificate is signed by.
    package let ca: ThrowawayCA
    private let process: ServerProcess
    private let scheme: String

    private static let secure = Shared { try NghttpdServer() }
    private static let clear = Shared { try NghttpdServer(secure: false) }

    /// The one over TLS, or the one in clear text by prior knowledge, that all tests of this process share.
    package static func shared(secure: Bool = true) async throws -> NghttpdServer {
        try await (secure ? Self.secure : Self.clear).value
    }

    /// Starts one with further options, such as `--max-concurrent-streams=2`. Blocks: see `onThread`.
    package init(secure: Bool = true, options: [String] = []) throws(TestKitError) {
        let ca = try ThrowawayCA.shared()
        let folder = try ScratchFolder("nghttpd")
        let files = try folder.folder("www")
        try files.write("1k", NginxServer.pattern(1024))
        let bytes = try files.folder("bytes")
        for size in [1, 65_536, 1_048_576] { try bytes.write(String(size), NginxServer.pattern(size)) }
        self.ca = ca
        scheme = secure ? "https" : "http"
        process = try ServerProcess(.nghttpd, ports: 1, in: folder) { ports throws(TestKitError) in
            .init(
                program: "nghttpd",
                arguments: ["-a", "127.0.0.1", "-d", files.path, "--trailer", "x-trailer: nghttpd"] + options
                    + (secure
                        ? ["\(ports[0])", ca.server.key, ca.server.certificate] : ["--no-tls", "\(ports[0])"]))
        }
    }

    /// A URL.
    package func url(_ path: String) -> String { "\(scheme)://localhost:\(process.ports[0])\(path)" }

    /// Stops it. One that is dropped, or shared, needs no call.
    package func stop() { process.stop() }
}
