import CurlTransport
import NativeH2Transport
import TernCore

/// Large bodies, and many requests at once: what they cost in memory and CPU.
struct Bulk {
    let url: String
    let isNative: Bool

    private func session() -> Session<AnyTransport> {
        var configuration = SessionConfiguration()
        configuration.tls = trust()
        configuration.timeouts = .none
        let transport = isNative ? AnyTransport(NativeH2Transport()) : AnyTransport(CurlTransport())
        return Session(owning: transport, configuration: configuration)
    }

    /// Reads as fast as it comes.
    func fetch() async throws {
        let session = session()
        let before = Usage()
        let response = try await session.stream(.get, url)
        var bytes = 0
        for try await chunk in response.body { bytes += chunk.count }
        report("fetch", bytes, since: before)
        await session.close()
    }

    /// `readers` responses of which nobody reads a byte, until their windows are full.
    func stall(readers: Int) async throws {
        let session = session()
        _ = try await session.head(url)
        let before = Usage()
        var held: [StreamingResponse] = []
        for _ in 0..<readers { held.append(try await session.stream(.get, url)) }
        try await Task.sleep(for: .seconds(2))
        report("stall held=\(held.count)", readers, since: before)
        held = []
        await session.close()
    }

    /// Reads at most 256 MiB a second, by waiting after every 16 MiB.
    func download() async throws {
        let session = session()
        let before = Usage()
        let response = try await session.stream(.get, url)
        var bytes = 0
        var pause = 16 << 20
        for try await chunk in response.body {
            bytes += chunk.count
            if bytes >= pause {
                pause += 16 << 20
                try await Task.sleep(for: .milliseconds(62))
            }
        }
        report("download", bytes, since: before)
        await session.close()
    }

    func upload(bytes total: Int64) async throws {
        let session = session()
        let before = Usage()
        let response = try await session.put(
            url, .stream(length: total, replayable: true) { Zeros(left: total) })
        report("upload status=\(response.status.code)", Int(total), since: before)
        await session.close()
    }

    func queue(requests: Int) async throws {
        let session = session()
        let before = Usage()
        let answered = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<requests { group.addTask { try await session.get(url).status.code == 200 ? 1 : 0 } }
            return try await group.reduce(0, +)
        }
        report("queue answered=\(answered)", requests, since: before)
        await session.close()
    }

    private func report(_ name: String, _ count: Int, since before: Usage) {
        let after = Usage()
        print(
            "\(name) count=\(count) wall=\(after.wall - before.wall) cpu=\(after.cpu - before.cpu) "
                + "before_kib=\(before.peakMemory) peak_kib=\(after.peakMemory)")
    }
}

/// `left` zero bytes, 64 KiB at a time.
struct Zeros: BodyReader {
    var left: Int64
    mutating func next() async throws -> [UInt8]? {
        guard left > 0 else { return nil }
        let count = min(left, 65_536)
        left -= count
        return [UInt8](repeating: 0, count: Int(count))
    }
}
