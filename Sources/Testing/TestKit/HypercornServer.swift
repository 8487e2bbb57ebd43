/// hypercorn with an application of ours: a server that can be told, by path and query, how to answer.
///
/// Its paths are described in HypercornApplication.swift. Most tests use `HypercornServer.shared()`.
package final class HypercornServer: Sendable {
    /// The root that its certificate is signed by.
    package let ca: ThrowawayCA
    private let process: ServerProcess

    private static let instance = Shared { try HypercornServer() }

    /// The one that all tests of this process share; started on first use.
    package static func shared() async throws -> HypercornServer { try await instance.value }

    /// Starts one and waits until it listens. Blocks: see `onThread`.
    package init() throws(TestKitError) {
        let ca = try ThrowawayCA.shared()
        let folder = try ScratchFolder("hypercorn")
        try folder.write("app.py", Self.application)
        try folder.write(
            "settings.py",
            """
            workers = 0
            keep_alive_timeout = 60
            keep_alive_max_requests = 1000000
            h2_max_concurrent_streams = 128
            graceful_timeout = 0
            include_server_header = False
            """)
        self.ca = ca
        // Asked to end by SIGTERM, hypercorn waits for open connections: it is ended at once.
        process = try ServerProcess(.hypercorn, ports: 2, in: folder, grace: .zero) { ports throws(TestKitError) in
            ServerProcess.Command(
                program: "\(Requirement.pythonFolder)/bin/hypercorn",
                arguments: [
                    "--config", "file:settings.py", "--bind", "127.0.0.1:\(ports[0])",
                    "--quic-bind", "127.0.0.1:\(ports[0])", "--insecure-bind", "127.0.0.1:\(ports[1])", "--certfile",
                    ca.server.certificate,
                    "--keyfile", ca.server.key, "app:app",
                ], environment: ["HOME": folder.path, "PYTHONDONTWRITEBYTECODE": "1"])
        }
    }

    /// A URL with `https`, where it speaks HTTP/3, HTTP/2 and HTTP/1.1.
    package func url(_ path: String) -> String { "https://localhost:\(process.ports[0])\(path)" }

    /// The port behind `url`: TCP for HTTP/1.1 and HTTP/2, UDP for HTTP/3.
    package var port: UInt16 { process.ports[0] }

    /// The port behind `clearURL`.
    package var clearPort: UInt16 { process.ports[1] }

    /// A URL with `http`, where it speaks HTTP/1.1, and HTTP/2 by prior knowledge or upgrade.
    package func clearURL(_ path: String) -> String { "http://localhost:\(process.ports[1])\(path)" }

    /// What it has written: its complaints.
    package var log: String { process.output }

    /// Stops it. One that is dropped, or shared, needs no call.
    package func stop() { process.stop() }
}
