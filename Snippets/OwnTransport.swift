// A whole transport: it answers from memory. Docs/WritingATransport.md explains it line by line.
import Synchronization
import TernCore

/// Serves a table of paths.
final class TableTransport: Transport {
    private let pages: [String: String]
    private let isClosed = Atomic(false)
    private let connection = ConnectionInfo(id: 1, version: .http11, local: nil, remote: nil)

    init(_ pages: [String: String]) { self.pages = pages }

    func capabilities(over protocols: ProtocolSet) -> Capabilities {
        Capabilities(
            features: [.http1, .tls, .streamedResponse],
            gaps: [.init(.streamedUpload, "TableTransport reads no bodies")])
    }

    func send(_ exchange: Exchange) async throws(TransportError) -> TransportResponse {
        try capabilities(over: exchange.route.connect.protocols).check(exchange)
        _ = try RequestFraming(exchange.request)
        guard !isClosed.load(ordering: .acquiring) else {
            throw TransportError(
                .closed, phase: .queue, retrySafety: .notSent, endpoint: exchange.route.origin.description,
                message: "the table was put away")
        }
        let page = pages[exchange.request.url.path]
        return TransportResponse(
            status: page == nil ? .notFound : .ok, fields: [.contentType: "text/plain"], connection: connection,
            reused: true, body: ResponseBody(Array((page ?? "").utf8)))
    }

    func shutdown(by deadline: Instant?) async { isClosed.store(true, ordering: .releasing) }
}

let session = Session(owning: TableTransport(["/hello": "hello"]))
print(try await session.get("https://table.example/hello").text)
await session.close()
