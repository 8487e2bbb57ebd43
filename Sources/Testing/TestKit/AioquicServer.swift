/// aioquic: HTTP/3 alone, in an implementation of QUIC in Python, with the application of ``HypercornServer``.
///
/// Beside the application's paths it has some that no application could have: see AioquicApplication.swift. Most tests
/// use `AioquicServer.shared()`.
package final class AioquicServer: Sendable {
    /// How it treats clients.
    package enum Manner: String, Sendable {
        /// Takes tickets and early data.
        case plain
        /// Asks every client to prove its address with Retry.
        case retry
        /// Gives tickets, and takes neither them nor early data.
        case rejecting
    }

    /// The root that its certificate is signed by.
    package let ca: ThrowawayCA
    private let process: ServerProcess

    private static let instance = Shared { try AioquicServer() }

    /// The one that all tests of this process share; started on first use.
    package static func shared() async throws -> AioquicServer { try await instance.value }

    /// Starts one and waits until it listens. Blocks: see `onThread`.
    package init(_ manner: Manner = .plain, identity: ThrowawayCA.Identity? = nil) throws(TestKitError) {
        let ca = try ThrowawayCA.shared()
        let folder = try ScratchFolder("aioquic")
        try folder.write("app.py", HypercornServer.application)
        try folder.write("server.py", AioquicServer.server)
        self.ca = ca
        let identity = identity ?? ca.server
        process = try ServerProcess(.aioquic, ports: 1, in: folder, grace: .zero) { ports throws(TestKitError) in
            ServerProcess.Command(
                program: "\(Requirement.pythonFolder)/bin/python",
                arguments: ["server.py", "\(ports[0])", identity.certificate, identity.key, manner.rawValue],
                environment: ["HOME": folder.path, "PYTHONDONTWRITEBYTECODE": "1"])
        }
    }

    /// The UDP port.
    package var port: UInt16 { process.ports[0] }

    /// A URL with `https`; over HTTP/3 alone somebody answers there.
    package func url(_ path: String) -> String { "https://localhost:\(process.ports[0])\(path)" }

    /// What it has written: its complaints.
    package var log: String { process.output }

    /// Stops it. One that is dropped, or shared, needs no call.
    package func stop() { process.stop() }
}
