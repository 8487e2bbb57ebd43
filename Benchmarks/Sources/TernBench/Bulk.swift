import CurlTransport
import TernCore

/// Large bodies, and many requests at once: what they cost in memory.
struct Bulk {
    let url: String

    private func session() -> Session<CurlTransport> {
        var configuration = SessionConfiguration()
        configuration.tls = trust()
        configuration.timeouts = .none
        return Session(owning: CurlTransport(), configuration: configuration)
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
                + "peak_kib=\(Usage.peakMemory)")
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
