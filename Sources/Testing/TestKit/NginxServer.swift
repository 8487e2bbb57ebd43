import Glibc

/// nginx, with one site behind many doors: HTTP/1.1, h2c, TLS good and bad, client certificates, a Unix socket.
///
/// The paths that it serves are listed in NginxSite.swift. It serves IPv4, and `.clear` and `.tls` on `::1` too where the
/// machine has it. Most tests use `NginxServer.shared()`; one that counts connections starts its own.
package final class NginxServer: Sendable {
    /// A port of its own for each way in.
    package enum Door: Int, CaseIterable, Sendable {
        /// HTTP/1.1 in clear text.
        case clear
        /// HTTP/2 in clear text, by prior knowledge.
        case h2c
        /// TLS with a good certificate; ALPN offers `h2` and `http/1.1`.
        case tls
        /// TLS with a good certificate; HTTP/1.1 alone.
        case tlsHTTP1
        /// TLS 1.2 at most.
        case tls12
        /// TLS that demands a certificate of the client: without one, status 400.
        case clientCertificate
        /// TLS with a certificate that has expired.
        case expired
        /// TLS with a certificate that is signed by itself.
        case selfSigned
        /// TLS with a certificate for `other.example`.
        case wrongHost

        /// Whether one speaks TLS there.
        package var isSecure: Bool { self != .clear && self != .h2c }
    }

    /// The root that its certificates are signed by.
    package let ca: ThrowawayCA
    /// The path of the Unix socket on which it serves the site over HTTP/1.1.
    package let unixSocket: String
    private let process: ServerProcess

    /// The sizes for which `/bytes/SIZE` exists; the last is a hole in the disk, all zeros.
    package static let sizes = [0, 1, 1000, 1024, 16_384, 65_536, 1_048_576, 16_777_216, 1_073_741_824]

    /// What `/bytes/SIZE` holds, for all sizes but the last: bytes that count from 0 to 250 again and again.
    package static func pattern(_ size: Int) -> [UInt8] {
        var bytes = (0..<251).map { UInt8($0) }
        while bytes.count < size { bytes += bytes }
        return Array(bytes.prefix(size))
    }

    private static let instance = Shared { try NginxServer() }

    /// The one that all tests of this process share; started on first use.
    package static func shared() async throws -> NginxServer { try await instance.value }

    /// Starts one and waits until it listens. Blocks: see `onThread`.
    package init() throws(TestKitError) {
        try Requirement.nginx.check()
        let ca = try ThrowawayCA.shared()
        let folder = try ScratchFolder("nginx")
        let files = try folder.folder("www")
        let bytes = try files.folder("bytes")
        for size in Self.sizes.dropLast() { try bytes.write(String(size), Self.pattern(size)) }
        if let hole = Self.sizes.last { try bytes.writeZeros(String(hole), size: hole) }
        try files.write("1k", Self.pattern(1024))
        try files.write("text", String(repeating: "the quick brown fox jumps over the lazy dog\n", count: 512))
        _ = try folder.folder("upload")
        _ = try folder.folder("temporary")
        try folder.write("passwords", "tern:{PLAIN}secret\n")
        unixSocket = folder.path(of: "http.sock")
        self.ca = ca
        process = try ServerProcess(.nginx, ports: Door.allCases.count, in: folder) { ports throws(TestKitError) in
            unsafe unlink(folder.path(of: "http.sock"))
            let (clear, tls) = (ports[Door.clear.rawValue], ports[Door.tls.rawValue])
            try folder.write("site.conf", Self.routes(clear: clear, tls: tls))
            try folder.write("nginx.conf", Self.configuration(folder: folder, ports: ports, ca: ca))
            return ServerProcess.Command(
                program: "nginx",
                arguments: ["-p", folder.path, "-e", "error.log", "-c", folder.path(of: "nginx.conf")])
        }
    }

    /// The port behind a door.
    package func port(_ door: Door) -> UInt16 { process.ports[door.rawValue] }

    /// A URL: `url("/1k", .tls)` is `https://localhost:PORT/1k`.
    package func url(_ path: String, _ door: Door = .clear, host: String = "localhost") -> String {
        "\(door.isSecure ? "https" : "http")://\(host):\(port(door))\(path)"
    }

    /// One line for each finished request: connection, number of the request on it, protocol, method, target, status,
    /// bytes received and sent. A line is written after the response was sent, so a client may be ahead of it.
    package var accessLog: [String] {
        guard let log = try? text(of: process.folder.path(of: "access.log")) else { return [] }
        return log.split(separator: "\n").map(String.init)
    }

    /// What arrived under `/upload/NAME`; nil if nothing did.
    package func uploaded(_ name: String) -> [UInt8]? { try? contents(of: process.folder.path(of: "upload/\(name)")) }

    /// Stops it. One that is dropped, or shared, needs no call.
    package func stop() { process.stop() }
}
