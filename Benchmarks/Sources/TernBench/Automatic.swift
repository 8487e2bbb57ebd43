import AutomaticTransport
import Glibc
import TernCore

/// What choosing costs.
///
///     TernBench choice REQUESTS         a request through AltSvcTransport over transports that do nothing
///     TernBench blackhole URL REQUESTS  all requests at once to an origin whose HTTP/3 goes nowhere, beside HTTP/2 alone
struct Automatic {
    let words: [String]

    func run() async throws {
        switch (words.first, words.count) {
        case ("choice", 2): try await choice(requests: Int(words[1]) ?? 0)
        case ("blackhole", 3): try await blackhole(url: words[1], requests: Int(words[2]) ?? 0)
        default: print("usage: see Automatic.swift")
        }
    }

    // MARK: What a request costs

    /// Answers at once, with the fields that servers have.
    private struct Nothing: Preconnecting {
        let connection: ConnectionInfo
        let fields: HTTPFields

        init(_ version: HTTPVersion, altSvc: String?) {
            connection = ConnectionInfo(
                id: UInt64(version.rawValue.utf8.count), version: version, local: nil, remote: nil)
            var fields: HTTPFields = [
                .contentType: "text/plain", .contentLength: "1024", .server: "nothing", .date: "now", .eTag: "x",
            ]
            if let altSvc, let name = HTTPField.Name("Alt-Svc") { fields[name] = altSvc }
            self.fields = fields
        }

        func capabilities(over protocols: ProtocolSet) -> Capabilities {
            Capabilities(features: Feature.named.reduce(into: []) { $0.formUnion($1.feature) })
        }
        func send(_ exchange: Exchange) async throws(TransportError) -> TransportResponse {
            TransportResponse(
                status: .ok, fields: fields, connection: connection, reused: true, body: ResponseBody([]))
        }
        func preconnect(for exchange: Exchange) async throws(TransportError) -> ConnectionInfo { connection }
        func shutdown(by deadline: Instant?) async {}
    }

    private func choice(requests: Int) async throws {
        let url = try HTTPURL("https://a.example/")
        let exchange = Exchange(Request(url: url), over: Route(to: url.origin), delivery: .whole(upTo: 1 << 20))
        for (name, altSvc) in [("steady", nil), ("fast", #"h3=":443"; ma=86400"#)] as [(String, String?)] {
            let steady = Nothing(.http2, altSvc: altSvc)
            let transport = AltSvcTransport(fast: Nothing(.http3, altSvc: altSvc), steady: steady)
            for _ in 0..<1_000 { _ = try await transport.send(exchange) }
            var best = (alone: Double.infinity, chosen: Double.infinity)
            for _ in 0..<5 {
                best.alone = min(best.alone, try await microseconds(requests) { try await steady.send(exchange) })
                best.chosen = min(best.chosen, try await microseconds(requests) { try await transport.send(exchange) })
            }
            print(
                "choice \(name) n=\(requests) alone_us=\(best.alone) chosen_us=\(best.chosen) "
                    + "cost_us=\(best.chosen - best.alone)")
        }
    }

    private func microseconds(
        _ requests: Int, _ send: () async throws -> TransportResponse
    ) async throws -> Double {
        let before = Usage()
        for _ in 0..<requests { _ = try await send() }
        return (Usage().cpu - before.cpu) / Double(requests) * 1e6
    }

    // MARK: UDP that goes nowhere

    private func blackhole(url text: String, requests: Int) async throws {
        let url = try HTTPURL(text)
        // A socket that nobody reads: what is sent to it is neither answered nor refused.
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                _ = bind(descriptor, pointer, size)
                _ = getsockname(descriptor, pointer, &size)
            }
        }
        defer { close(descriptor) }
        var walls: [Double] = []
        for isAutomatic in [false, true] {
            let cache = MemoryAltSvcCache()
            cache.preload(
                url.origin, at: AltService(host: url.origin.host, port: Int(UInt16(bigEndian: address.sin_port))))
            var configuration = SessionConfiguration()
            configuration.tls = trust()
            configuration.connect.family = .ipv4
            if !isAutomatic { configuration.connect.protocols = [.http1, .http2] }
            let session = Session(
                owning: AutomaticTransport(configuration: .init(cache: cache)), configuration: configuration)
            let start = Usage()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<requests { group.addTask { _ = try await session.get(text) } }
                try await group.waitForAll()
            }
            walls.append((Usage().wall - start.wall) * 1e3)
            await session.close(by: SystemClock().now)
        }
        print("blackhole n=\(requests) h2_ms=\(walls[0]) automatic_ms=\(walls[1]) longer_ms=\(walls[1] - walls[0])")
    }
}
