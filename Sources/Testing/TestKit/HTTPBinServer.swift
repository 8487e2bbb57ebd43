/// httpbin under gunicorn: HTTP/1.1 in clear text with keep-alive and streaming, written by nobody here.
///
/// `/get`, `/post`, `/status/N`, `/redirect/N`, `/cookies/set`, `/digest-auth/…`, `/gzip`, `/brotli`, `/stream/N`
/// and so on, as on the well-known site.
package final class HTTPBinServer: Sendable {
    private let process: ServerProcess

    private static let instance = Shared { try HTTPBinServer() }

    /// The one that all tests of this process share; started on first use.
    package static func shared() async throws -> HTTPBinServer { try await instance.value }

    /// Starts one and waits until it listens. Blocks: see `onThread`.
    package init() throws(TestKitError) {
        let folder = try ScratchFolder("httpbin")
        process = try ServerProcess(.httpbin, ports: 1, in: folder, grace: .zero) { ports throws(TestKitError) in
            ServerProcess.Command(
                program: "\(Requirement.pythonFolder)/bin/gunicorn",
                arguments: [
                    "--bind", "127.0.0.1:\(ports[0])", "--worker-class", "gthread", "--threads", "32",
                    "--keep-alive", "60", "--no-control-socket", "httpbin:app",
                ], environment: ["HOME": folder.path, "PYTHONDONTWRITEBYTECODE": "1"])
        }
    }

    /// A URL.
    package func url(_ path: String) -> String { "http://127.0.0.1:\(process.ports[0])\(path)" }

    /// What it has written: its complaints.
    package var log: String { process.output }

    /// Stops it. One that is dropped, or shared, needs no call.
    package func stop() { process.stop() }
}
