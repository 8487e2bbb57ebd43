import HTTP3Engine
import HTTPTypes
import QUICEngine
import QUICLink

/// What became of one exchange, as the owner of a client sees it.
struct Outcome {
    var informational: [Int] = []
    var status: Int?
    var fields: HTTPFields = [:]
    var body: [UInt8] = []
    var trailers: HTTPFields?
    var ended = false
    var closings: [HTTP3Closing] = []
    var wasStopped = false
    var closing: HTTP3Closing? { closings.first }
}

extension [HTTP3Event] {
    func outcome(of stream: HTTP3Stream) -> Outcome {
        var outcome = Outcome()
        for event in self {
            switch event {
            case .informational(stream, let status, _): outcome.informational.append(status)
            case .response(stream, let status, let fields, let end):
                outcome.status = status
                outcome.fields = fields
                outcome.ended = outcome.ended || end
            case .data(stream, let bytes, let end):
                outcome.body += bytes
                outcome.ended = outcome.ended || end
            case .trailers(stream, let fields):
                outcome.trailers = fields
                outcome.ended = true
            case .stopped(stream): outcome.wasStopped = true
            case .closed(stream, let closing): outcome.closings.append(closing)
            default: break
            }
        }
        return outcome
    }

    var failure: HTTP3Error? {
        for case .failed(let error) in self { return error }
        return nil
    }

    var tickets: [QUICTicket] {
        compactMap { event in
            if case .quic(.ticket(let ticket)) = event { return ticket }
            return nil
        }
    }
}

extension [AnyEnd.Event] {
    var http: [HTTP3Event] {
        compactMap { event in
            if case .http(let event) = event { return event }
            return nil
        }
    }
}

/// A server that answers each request with its path, the bytes of its content counted, or bytes that the path asks
/// for: `/bytes/1000`.
final class Answers {
    private var received: [HTTP3Stream: Int] = [:]
    private var paths: [HTTP3Stream: String] = [:]
    private var owed: [HTTP3Stream: Int] = [:]
    private(set) var requests: [HTTP3RequestHead] = []

    /// The byte at a place of every long answer.
    static func byte(_ place: Int) -> UInt8 { UInt8(truncatingIfNeeded: place &* 31 &+ place >> 8) }

    func take(_ event: HTTP3Event, _ server: HTTP3Connection) {
        switch event {
        case .request(let stream, let head, let end):
            requests.append(head)
            paths[stream] = head.path ?? "*"
            received[stream] = 0
            if end { answer(stream, server) }
        case .data(let stream, let bytes, let end):
            received[stream, default: 0] += bytes.count
            server.consume(bytes.count, of: stream)
            if end { answer(stream, server) }
        case .trailers(let stream, _): answer(stream, server)
        case .writable(let stream): feed(stream, server)
        case .closed(let stream, _):
            received[stream] = nil
            owed[stream] = nil
        default: break
        }
    }

    private func answer(_ stream: HTTP3Stream, _ server: HTTP3Connection) {
        let path = paths[stream] ?? ""
        guard path.hasPrefix("/bytes/"), let count = Int(path.dropFirst(7)) else {
            let text = Array("\(path) \(received[stream] ?? 0)".utf8)
            try? server.respond(to: stream, status: 200, contentLength: Int64(text.count), hasContent: true)
            _ = try? server.send(text, on: stream, end: true)
            return
        }
        try? server.respond(to: stream, status: 200, contentLength: Int64(count), hasContent: count > 0)
        owed[stream] = count
        feed(stream, server, of: count)
    }

    private func feed(_ stream: HTTP3Stream, _ server: HTTP3Connection, of total: Int? = nil) {
        let path = paths[stream] ?? ""
        let total = total ?? Int(path.dropFirst(7)) ?? 0
        while let left = owed[stream], left > 0 {
            let count = min(left, 10_000)
            let start = total - left
            let piece = (start..<(start + count)).map(Answers.byte)
            owed[stream] = left - count
            if (try? server.send(piece, on: stream, end: count == left)) != true { return }
        }
    }
}

func get(_ path: String = "/") -> HTTP3RequestHead { HTTP3RequestHead(authority: "tern.test", path: path) }
