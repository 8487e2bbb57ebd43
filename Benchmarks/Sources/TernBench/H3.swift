import QUICTransport
import TernCore

/// HTTP/3 over `QUICTransport`, in commands of its own:
///
///     h3 bare|session URL REQUESTS CONCURRENCY     requests, all of the session or the transport alone
///     h3 fetch URL [STREAM_WINDOW CONNECTION_WINDOW]
///     h3 upload URL BYTES
///     h3 first URL                                 one request on a new connection
///     h3 idle URL CONNECTIONS                      what connections cost that rest
struct H3 {
    let words: [String]

    func run() async throws {
        switch (words.first, words.count) {
        case ("bare", 4): try await load(throughSession: false)
        case ("session", 4): try await load(throughSession: true)
        case ("fetch", 2), ("fetch", 4): try await fetch()
        case ("upload", 3): try await upload()
        case ("first", 2): try await first()
        case ("idle", 3): try await idle()
        default: print("usage: see H3.swift")
        }
    }

    private var url: String { words[1] }
    private func number(_ index: Int) -> Int { words.indices.contains(index) ? Int(words[index]) ?? 0 : 0 }

    private func configuration() -> SessionConfiguration {
        var configuration = SessionConfiguration()
        configuration.tls = trust()
        configuration.timeouts = .none
        configuration.connect.protocols = .http3
        configuration.connect.family = .ipv4
        return configuration
    }

    private func load(throughSession: Bool) async throws {
        let (requests, concurrency) = (number(2), max(1, number(3)))
        let transport = QUICTransport()
        let session = Session(transport: transport, configuration: configuration())
        let parsed = try HTTPURL(url)
        let route = Route(to: parsed.origin, tls: trust(), connect: configuration().connect)
        let request = Request(url: parsed, fields: [.userAgent: "tern", .accept: "*/*"])
        let before = Usage()
        let bytes = try await withThrowingTaskGroup(of: Int.self) { group in
            for index in 0..<concurrency {
                let share = requests / concurrency + (index < requests % concurrency ? 1 : 0)
                group.addTask {
                    var bytes = 0
                    for _ in 0..<share {
                        if throughSession {
                            bytes += try await session.get(url).bytes.count
                        } else {
                            let exchange = Exchange(request, over: route, delivery: .whole(upTo: 1 << 20))
                            bytes += try await transport.send(exchange).body.whole?.count ?? 0
                        }
                    }
                    return bytes
                }
            }
            return try await group.reduce(0, +)
        }
        let after = Usage()
        let (cpu, wall) = (after.cpu - before.cpu, after.wall - before.wall)
        print(
            "h3 \(words[0]) n=\(requests) conc=\(concurrency) wall=\(wall) rps=\(Double(requests) / wall) "
                + "cpu_us/req=\(cpu / Double(requests) * 1e6) bytes=\(bytes) peak_kib=\(after.peakMemory)")
        await transport.shutdown(by: nil)
    }

    private func fetch() async throws {
        var settings = QUICTransport.Configuration()
        if words.count == 4 {
            settings.streamWindow = number(2)
            settings.connectionWindow = number(3)
        }
        let session = Session(owning: QUICTransport(configuration: settings), configuration: configuration())
        let before = Usage()
        let response = try await session.stream(.get, url)
        var bytes = 0
        for try await chunk in response.body { bytes += chunk.count }
        report("fetch", bytes, since: before)
        await session.close()
    }

    private func upload() async throws {
        let total = Int64(number(2))
        let session = Session(owning: QUICTransport(), configuration: configuration())
        let before = Usage()
        let response = try await session.post(url, .stream(length: total, replayable: true) { Zeros(left: total) })
        report("upload status=\(response.status.code)", Int(total), since: before)
        await session.close()
    }

    private func first() async throws {
        let session = Session(owning: QUICTransport(), configuration: configuration())
        let clock = SystemClock()
        let began = clock.now
        let response = try await session.stream(.get, url)
        print("h3 first status=\(response.status.code) first_ms=\(began.duration(to: clock.now) / .milliseconds(1))")
        await session.close()
    }

    /// Each connection has a route of its own.
    private func idle() async throws {
        let transport = QUICTransport()
        let count = max(1, number(2))
        let parsed = try HTTPURL(url)
        func open(_ index: Int) async throws {
            var connect = configuration().connect
            connect.overrides = [AddressOverride(host: "n\(index)", port: nil, target: .host(nil, port: nil))]
            let route = Route(to: parsed.origin, tls: trust(), connect: connect)
            _ = try await transport.send(Exchange(Request(url: parsed), over: route, delivery: .whole(upTo: 1 << 20)))
        }
        for index in 0..<50 { try await open(index) }
        let (before, start) = (Usage(), residentMemory())
        for index in 50..<50 + count { try await open(index) }
        let after = Usage()
        print(
            "h3 idle conns=\(count) rss_kb_per_conn=\((residentMemory() - start) / count) "
                + "cpu_ms_per_conn=\((after.cpu - before.cpu) * 1e3 / Double(count))")
        await transport.shutdown(by: nil)
    }

    private func report(_ name: String, _ count: Int, since before: Usage) {
        let after = Usage()
        let (cpu, wall) = (after.cpu - before.cpu, after.wall - before.wall)
        print(
            "h3 \(name) count=\(count) wall=\(wall) cpu=\(cpu) cpu_s_per_GB=\(cpu / (Double(count) / 1e9)) "
                + "Mbit/s=\(Double(count) * 8 / wall / 1e6) peak_kib=\(after.peakMemory)")
    }
}
