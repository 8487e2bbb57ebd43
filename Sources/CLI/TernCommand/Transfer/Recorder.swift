import Synchronization
import TernCore

/// Writes down what happens to one call: every event of its exchanges, redirects and repetitions and 1xx included.
/// Told on the transport's thread, read by the command.
final class Recorder: Middleware {
    /// When the call began.
    let start = SystemClock().now
    private let state = Mutex(Record())

    /// What is known now.
    var record: Record { state.withLock { $0 } }

    /// Since the call began.
    var elapsed: Duration { start.duration(to: SystemClock().now) }

    /// The heads that were not taken before.
    func takeHeads() -> [Head] {
        state.withLock { record in
            defer { record.headsTaken = record.heads.count }
            return Array(record.heads[record.headsTaken...])
        }
    }

    func intercept(_ request: Request, _ next: Next) async throws -> TransportResponse {
        watch(next.call)
        return try await next(request)
    }

    func watch(_ call: Call) {
        call.observe { [self] event in
            let event = copy event
            state.withLock { $0.add(event) }
        }
    }

    /// A head as it came.
    struct Head: Sendable {
        var version: HTTPVersion
        var status: HTTPResponse.Status
        var fields: HTTPFields

        /// As HTTP/1.1 writes it, with curl's line for HTTP/2.
        var text: String {
            var text = "HTTP/\(version.rawValue) \(status.code) \(status.reasonPhrase)\r\n"
            for field in fields { text += "\(field.name.rawName): \(field.value)\r\n" }
            return text + "\r\n"
        }
    }

    /// What is known so far.
    struct Record: Sendable {
        /// In order; progress comes often, and the newest stands.
        private(set) var events: [ExchangeEvent] = {
            var events: [ExchangeEvent] = []
            events.reserveCapacity(8)
            return events
        }()
        private(set) var heads: [Head] = []
        fileprivate(set) var headsTaken = 0
        /// The last final head.
        private(set) var final: Head?
        private(set) var connection: ConnectionInfo?
        private(set) var reused = false
        private(set) var connections = 0
        private(set) var sent: Int64 = 0
        private(set) var received: Int64?
        /// Where the events of the exchange under way begin.
        private var latest = 0

        /// The events of the last exchange.
        var lastExchange: ArraySlice<ExchangeEvent> { events[latest...] }

        /// Bytes of all heads.
        var headBytes: Int { heads.reduce(0) { $0 + $1.text.utf8.count } }

        fileprivate mutating func add(_ event: ExchangeEvent) {
            switch event.kind {
            case .queued:
                latest = events.count
                sent = 0
                received = nil
            case .ready(let connection, let reused):
                self.connection = connection
                self.reused = reused
                if !reused { connections += 1 }
            case .uploadProgress(let bytes, _):
                sent = bytes
                replaceLast(event)
            case .downloadProgress(let bytes, _):
                received = bytes
                replaceLast(event)
            case .informational(let response): heads.append(head(response))
            case .head(let response):
                final = head(response)
                heads.append(head(response))
            case .resolved, .connected, .tlsDone, .requestSent, .done, .note: break
            }
            events.append(event)
        }

        private mutating func replaceLast(_ event: ExchangeEvent) {
            if events.count > latest, events.last?.phase == event.phase { events.removeLast() }
        }

        private func head(_ response: HTTPResponse) -> Head {
            Head(version: connection?.version ?? .http11, status: response.status, fields: response.headerFields)
        }
    }
}
