import TernCore

/// What a session with default settings costs above its transport: the same requests over a transport that answers
/// at once, bare and through the session.
struct Chain {
    let requests: Int

    /// Answers with the same 1 KiB.
    struct Still: Transport {
        let connection = ConnectionInfo(id: 1, version: .http2, local: nil, remote: nil)
        let body = [UInt8](repeating: 65, count: 1_024)
        func capabilities(over protocols: ProtocolSet) -> Capabilities { Capabilities(features: [.http2, .tls]) }
        func send(_ exchange: Exchange) async throws(TransportError) -> TransportResponse {
            TransportResponse(
                status: .ok, fields: [.contentType: "text/plain", .server: "still", .contentLength: "1024"],
                connection: connection, reused: true, body: ResponseBody(body))
        }
        func shutdown(by deadline: Instant?) async {}
    }

    func run() async throws {
        let transport = Still()
        let session = Session(transport: transport)
        let url = "https://localhost:8443/1k?x=1"
        let parsed = try HTTPURL(url)
        let route = Route(to: parsed.origin)
        let request = Request(url: parsed, fields: [.userAgent: "tern", .accept: "*/*"])
        let bare = try await measured {
            try await transport.send(Exchange(request, over: route, delivery: .whole(upTo: 1 << 20))).status.code
        }
        let whole = try await measured { try await session.get(url).status.code }
        print("chain n=\(requests) bare_us=\(bare) session_us=\(whole) added_us=\(whole - bare)")
    }

    /// CPU microseconds a request: the median of 5 rounds.
    private func measured(_ one: () async throws -> Int) async throws -> Double {
        var rounds: [Double] = []
        for _ in 0..<5 {
            let before = Usage()
            var sum = 0
            for _ in 0..<requests { sum += try await one() }
            guard sum == requests * 200 else { throw BodyTooLarge(limit: 0) }
            rounds.append((Usage().cpu - before.cpu) / Double(requests) * 1e6)
        }
        return rounds.sorted()[2]
    }
}
