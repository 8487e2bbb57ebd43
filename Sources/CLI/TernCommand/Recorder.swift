import Synchronization
import TernCore

/// Writes down what happens to one call: every head that comes, redirects and repetitions and 1xx included, and when
/// each phase was reached. Told on the transport's thread, read by the command.
final class Recorder: Middleware {
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
        var heads: [Head] = []
        /// The last final head.
        var final: Head?
        var connection: ConnectionInfo?
        var reused = false
        var connections = 0
        var headBytes = 0
        var sent: Int64 = 0
        var received: Int64?
        /// Of the exchange under way, since the call began.
        var times: [String: Duration] = [:]
        var steps: [Step] = []
    }

    /// A phase that was reached.
    struct Step: Sendable {
        var phase: String
        var at: Duration
        var detail: String
    }

    private let state = Mutex(Record())
    private let start = SystemClock().now

    /// What is known now.
    var record: Record { state.withLock { $0 } }

    /// Since the call began.
    var elapsed: Duration { start.duration(to: SystemClock().now) }

    /// The heads that were not taken before.
    func takeHeads() -> [Head] {
        state.withLock { record in
            defer { record.heads = [] }
            return record.heads
        }
    }

    func intercept(_ request: Request, _ next: Next) async throws -> TransportResponse {
        next.call.observe { [weak self] event in
            let event = copy event
            self?.note(event)
        }
        return try await next(request)
    }

    private func note(_ event: ExchangeEvent) {
        let at = start.duration(to: event.at)
        state.withLock { record in
            switch event.kind {
            case .queued:
                record.times = [:]
                record.sent = 0
                record.received = nil
            case .ready(let connection, let reused):
                record.connection = connection
                record.reused = reused
                if !reused { record.connections += 1 }
            case .uploadProgress(let sent, _): record.sent = sent
            case .downloadProgress(let received, _): record.received = received
            case .informational(let response): record.add(record.head(response))
            case .head(let response):
                record.final = record.head(response)
                record.add(record.head(response))
            case .resolved, .connected, .tlsDone, .requestSent, .done, .note: break
            }
            record.times[event.phase] = at
            record.add(Step(phase: event.phase, at: at, detail: Timelines.detail(of: event.kind)))
        }
    }
}

extension Recorder.Record {
    fileprivate func head(_ response: HTTPResponse) -> Recorder.Head {
        Recorder.Head(version: connection?.version ?? .http11, status: response.status, fields: response.headerFields)
    }

    fileprivate mutating func add(_ head: Recorder.Head) {
        heads.append(head)
        headBytes += head.text.utf8.count
    }

    /// Progress comes often: the newest stands.
    fileprivate mutating func add(_ step: Recorder.Step) {
        if step.phase.hasSuffix("progress"), steps.last?.phase == step.phase { steps.removeLast() }
        steps.append(step)
    }
}
