import NativeH2Transport
import TernCore

/// What single requests cost over NativeH2Transport: how long each takes, what a new connection costs, and what
/// requests under way hold.
struct Single {
    let url: String

    private func configuration() -> SessionConfiguration {
        var configuration = SessionConfiguration()
        configuration.tls = trust()
        configuration.timeouts = .none
        return configuration
    }

    /// One after another; microseconds each.
    func latency(requests: Int) async throws {
        let session = Session(owning: NativeH2Transport(), configuration: configuration())
        _ = try await session.get(url)
        var times: [Double] = []
        times.reserveCapacity(requests)
        let clock = SystemClock()
        for _ in 0..<requests {
            let began = clock.now.nanoseconds
            _ = try await session.get(url)
            times.append(Double(clock.now.nanoseconds - began) / 1e3)
        }
        times.sort()
        print("latency n=\(requests) p50_us=\(times[requests / 2]) p99_us=\(times[requests * 99 / 100])")
        await session.close()
    }

    /// A connection for each request, its TLS session resumed.
    func connect(times: Int) async throws {
        var pool = PoolLimits()
        pool.idle = .zero
        let session = Session(
            owning: NativeH2Transport(configuration: .init(pool: pool)), configuration: configuration())
        _ = try await session.get(url)
        let before = Usage()
        var fresh = 0
        for _ in 0..<times { if try await !session.get(url).reusedConnection { fresh += 1 } }
        let after = Usage()
        print("connect n=\(times) fresh=\(fresh) cpu_us/req=\((after.cpu - before.cpu) / Double(times) * 1e6)")
        await session.close()
    }

    /// All at once; the memory that they add.
    func flood(requests: Int, bare: Bool) async throws {
        let transport = NativeH2Transport()
        let configuration = configuration()
        let session = Session(transport: transport, configuration: configuration)
        let parsed = try HTTPURL(url)
        let route = Route(to: parsed.origin, tls: trust())
        let request = Request(url: parsed, fields: [.userAgent: "tern", .accept: "*/*"])
        _ = try await session.get(url)
        let before = Usage()
        var options = ExchangeOptions()
        options.timeouts = .none
        let answered = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<requests {
                if bare {
                    let exchange = Exchange(request, over: route, delivery: .whole(upTo: 1 << 20), options: options)
                    group.addTask { try await transport.send(exchange).status.code == 200 ? 1 : 0 }
                } else {
                    group.addTask { try await session.get(url).status.code == 200 ? 1 : 0 }
                }
            }
            return try await group.reduce(0, +)
        }
        let after = Usage()
        print("flood answered=\(answered) before_kib=\(before.peakMemory) peak_kib=\(after.peakMemory)")
        await transport.shutdown(by: nil)
    }
}
