import TernCore

/// How long each phase of a call's last exchange took. What did not happen, on a connection that was open already
/// say, took no time.
struct Phases: Sendable {
    var queue = Duration.zero
    var resolve = Duration.zero
    var connect = Duration.zero
    var tls = Duration.zero
    var send = Duration.zero
    var head = Duration.zero
    var body = Duration.zero

    init(_ events: some Sequence<ExchangeEvent>) {
        var last: Instant?
        for event in events {
            let time = last.map { max(.zero, $0.duration(to: event.at)) } ?? .zero
            switch event.kind {
            case .queued: break
            case .resolved: resolve += time
            case .connected: connect += time
            case .tlsDone: tls += time
            case .ready: queue += time
            case .requestSent: send += time
            case .head: head += time
            case .done: body += time
            case .informational, .uploadProgress, .downloadProgress, .note: continue
            }
            last = event.at
        }
    }
}

/// Why an exchange went the way it went.
enum RouteText {
    /// The transport's own reason, or what is known of the connection.
    static func of(_ record: Recorder.Record) -> String? { note(in: record) ?? record.connection.map(of(_:)) }

    /// The transport's own reason.
    static func note(in record: Recorder.Record) -> String? {
        for event in record.lastExchange.reversed() { if case .note(let text) = event.kind { return text } }
        return nil
    }

    /// What is known of the connection.
    static func of(_ connection: ConnectionInfo) -> String {
        let name = "HTTP/\(connection.version.rawValue)"
        return switch connection.tls {
        case nil: "\(name): in clear text"
        case let tls? where tls.alpn != nil: "\(name): chosen by ALPN"
        default: "\(name): the server does not use ALPN"
        }
    }
}
