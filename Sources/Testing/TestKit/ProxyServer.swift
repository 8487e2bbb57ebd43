import Glibc

/// A proxy of somebody else, started for tests: HTTP, HTTPS or SOCKS, open or with a password.
///
/// All of them let one reach any address of this machine. Most tests use `ProxyServer.shared(_:)`; one that reads
/// `log` to see what went through starts its own, or looks for a path that nobody else asks for.
package final class ProxyServer: Sendable {
    /// Which program, and how it knows its users.
    package enum Kind: Sendable, CaseIterable {
        /// squid, an HTTP proxy, open to all.
        case squid
        /// squid that asks for basic authentication.
        case squidBasic
        /// squid that asks for digest authentication.
        case squidDigest
        /// tinyproxy, an HTTP proxy, open to all.
        case tinyproxy
        /// tinyproxy that asks for basic authentication.
        case tinyproxyBasic
        /// stunnel before tinyproxy: an HTTP proxy that one speaks TLS with, open to all.
        case https
        /// microsocks, a SOCKS5 proxy, open to all.
        case microsocks
        /// microsocks that asks for user and password (RFC 1929).
        case microsocksPassword
        /// Dante, a SOCKS4 and SOCKS5 proxy, open to all. (It refuses the names of SOCKS4a.)
        case dante

        /// What has to be installed for it.
        package var requirement: Requirement {
            switch self {
            case .squid, .squidBasic, .squidDigest: .squid
            case .tinyproxy, .tinyproxyBasic: .tinyproxy
            case .https: .stunnel
            case .microsocks, .microsocksPassword: .microsocks
            case .dante: .dante
            }
        }

        /// Whether it refuses who does not give user and password.
        package var wantsPassword: Bool {
            switch self {
            case .squidBasic, .squidDigest, .tinyproxyBasic, .microsocksPassword: true
            case .squid, .tinyproxy, .https, .microsocks, .dante: false
            }
        }

        /// The scheme of its URL: `socks5h` for SOCKS, so that the proxy looks names up.
        package var scheme: String {
            switch self {
            case .squid, .squidBasic, .squidDigest, .tinyproxy, .tinyproxyBasic: "http"
            case .https: "https"
            case .microsocks, .microsocksPassword, .dante: "socks5h"
            }
        }
    }

    /// Which it is.
    package let kind: Kind
    /// The user whom those know that ask.
    package let user = "tern"
    /// That user's password.
    package let password = "secret"
    /// The root that the certificate of `.https` is signed by.
    package let ca: ThrowawayCA
    private let process: ServerProcess
    /// What stands behind `process`: the tinyproxy behind stunnel.
    private let inner: ServerProcess?

    private static let instances = Dictionary(
        uniqueKeysWithValues: Kind.allCases.map { kind in (kind, Shared { try ProxyServer(kind) }) })

    /// The one of its kind that all tests of this process share; started on first use.
    package static func shared(_ kind: Kind) async throws -> ProxyServer {
        guard let instance = instances[kind] else { throw TestKitError("no proxy of the kind \(kind)") }
        return try await instance.value
    }

    /// Starts one and waits until it listens. Blocks: see `onThread`.
    package init(_ kind: Kind) throws(TestKitError) {
        try kind.requirement.check()
        let folder = try ScratchFolder("\(kind)")
        self.kind = kind
        ca = try ThrowawayCA.shared()
        switch kind {
        case .squid, .squidBasic, .squidDigest:
            inner = nil
            process = try Self.startSquid(kind, in: folder)
        case .tinyproxy, .tinyproxyBasic:
            inner = nil
            process = try Self.startTinyproxy(kind, in: folder)
        case .https:
            let behind = try Self.startTinyproxy(kind, in: folder.folder("tinyproxy"))
            inner = behind
            process = try Self.startStunnel(before: behind, in: folder, identity: ca.server)
        case .microsocks, .microsocksPassword:
            inner = nil
            let login = kind.wantsPassword ? ["-u", user, "-P", password] : []
            process = try ServerProcess(.microsocks, ports: 1, in: folder, grace: .zero) { ports throws(TestKitError) in
                .init(program: "microsocks", arguments: ["-i", "127.0.0.1", "-p", "\(ports[0])"] + login)
            }
        case .dante:
            inner = nil
            process = try Self.startDante(in: folder)
        }
    }

    /// Its port on 127.0.0.1.
    package var port: UInt16 { process.ports[0] }

    /// Its URL without user and password.
    package var url: String { "\(kind.scheme)://\(host):\(port)" }

    /// Its URL with user and password.
    package var urlWithPassword: String { "\(kind.scheme)://\(user):\(password)@\(host):\(port)" }

    /// What it has written about the requests so far.
    package var log: String {
        let access = (try? text(of: process.folder.path(of: "access.log"))) ?? ""
        return access + process.output + (inner?.output ?? "")
    }

    /// Stops it. One that is dropped, or shared, needs no call.
    package func stop() {
        process.stop()
        inner?.stop()
    }

    /// The name that the certificate of `.https` is good for.
    private var host: String { kind == .https ? "localhost" : "127.0.0.1" }
}
