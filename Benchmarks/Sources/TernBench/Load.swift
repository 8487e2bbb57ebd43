import CurlTransport
import NativeH2Transport
import TernCore

/// Requests one after another in as many tasks as are asked for, as the measuring sticks do it.
struct Load {
    let url: String, requests: Int, concurrency: Int, isHTTP1: Bool, isNative: Bool

    init(_ arguments: [String]) {
        url = arguments[1]
        requests = Int(arguments[2]) ?? 0
        concurrency = Int(arguments[3]) ?? 1
        isHTTP1 = arguments[4] == "1.1"
        isNative = arguments[5] == "h2"
    }

    func run(throughSession: Bool) async throws {
        var pool = PoolLimits()
        pool.connectionsPerOrigin = concurrency
        if isNative {
            try await run(throughSession, NativeH2Transport(configuration: .init(pool: pool)))
        } else {
            try await run(throughSession, CurlTransport(configuration: .init(pool: pool)))
        }
    }

    private func run(_ throughSession: Bool, _ transport: some Transport) async throws {
        let before = Usage()
        let bytes = throughSession ? try await session(over: transport) : try await bare(transport)
        let after = Usage()
        let (cpu, wall) = (after.cpu - before.cpu, after.wall - before.wall)
        print(
            "\(throughSession ? "session" : "bare") \(isNative ? "h2" : "curl") n=\(requests) conc=\(concurrency) wall=\(wall) "
                + "rps=\(Double(requests) / wall) cpu_us/req=\(cpu / Double(requests) * 1e6) bytes=\(bytes) "
                + "peak_kib=\(after.peakMemory)")
        await transport.shutdown(by: nil)
    }

    private var protocols: ProtocolSet { isHTTP1 ? .http1 : [.http1, .http2] }

    private func session(over transport: some Transport) async throws -> Int {
        var configuration = SessionConfiguration()
        configuration.tls = trust()
        configuration.connect.protocols = protocols
        let session = Session(transport: transport, configuration: configuration)
        return try await spread { try await session.get(url).bytes.count }
    }

    private func bare(_ transport: some Transport) async throws -> Int {
        let parsed = try HTTPURL(url)
        var connect = ConnectOptions()
        connect.protocols = protocols
        let route = Route(to: parsed.origin, tls: trust(), connect: connect)
        let request = Request(url: parsed, fields: [.userAgent: "tern", .accept: "*/*"])
        return try await spread {
            let exchange = Exchange(request, over: route, delivery: .whole(upTo: 1 << 20))
            return try await transport.send(exchange).body.whole?.count ?? 0
        }
    }

    private func spread(_ one: @escaping @Sendable () async throws -> Int) async throws -> Int {
        try await withThrowingTaskGroup(of: Int.self) { group in
            for index in 0..<concurrency {
                let share = requests / concurrency + (index < requests % concurrency ? 1 : 0)
                group.addTask {
                    var bytes = 0
                    for _ in 0..<share { bytes += try await one() }
                    return bytes
                }
            }
            return try await group.reduce(0, +)
        }
    }
}
