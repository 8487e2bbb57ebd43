import HTTP1Engine
import TransportCore

/// HTTP/1.1 on a connection: one exchange after the other. Used on the loop.
final class H1Carrier: StreamCarrier {
    private let connection: Connection
    private var engine: HTTP1Server
    private var output: [UInt8] = []
    /// The exchange whose request is read, or whose reply is under way.
    private var play: Play?
    private var closesAtEnd = false
    private(set) var headSince: Instant?
    private(set) var isOver = false
    private var isReadingStopped = false

    private var host: Host { connection.host }

    init(_ connection: Connection) {
        self.connection = connection
        let limits = connection.host.configuration.limits
        engine = HTTP1Server(limits: HTTP1Limits(headBytes: limits.head, fields: limits.fields))
    }

    // MARK: In

    func receive(_ bytes: Span<UInt8>) {
        engine.receive(bytes, at: host.now)
        pump()
        if play == nil, engine.state == .idle, headSince == nil { headSince = host.now }
    }

    func receiveEnd(clean: Bool) {
        engine.receiveEnd(truncated: !clean)
        pump()
        if play == nil || engine.isClosed { isOver = true }
    }

    func pump() {
        while let event = engine.nextEvent() {
            switch event {
            case .request(let head): begin(head)
            case .body(let bytes): play?.received(bytes)
            case .end(let trailers): play?.completed(trailers: trailers)
            case .failed(let error): failed(error)
            case .closed: isOver = true
            case .informational, .response, .switched: break
            }
        }
        if engine.isClosed { isOver = true }
    }

    private func begin(_ head: RequestHead) {
        headSince = nil
        var exchange = TestServer.RecordedExchange(
            number: 0, connection: connection.number, version: head.version == .http10 ? .http10 : .http11,
            method: head.method, target: head.target, scheme: connection.tlsInfo == nil ? "http" : "https",
            authority: head.fields[.hostField], fields: head.fields, tls: connection.tlsInfo)
        exchange.stream = nil
        let (number, reply) = host.begin(exchange)
        let expects = head.fields[.expect]?.lowercased() == "100-continue"
        let play = Play(
            number, .http1, method: head.method, awaitsContinue: expects, reply: reply, carrier: self, host: host)
        self.play = play
        play.run()
    }

    private func failed(_ error: HTTP1Error) {
        host.record.connection(connection.number) { $0.failure = error.description }
        if let play {
            play.ended(.connectionLost)
            play.abandon()
            self.play = nil
            isOver = true
            return
        }
        let text = Array("\(error.message)\n".utf8)
        let fields: HTTPFields = [
            .contentType: "text/plain", .contentLength: String(text.count), .connection: "close",
        ]
        // No answer is owed to a client that broke off.
        _ = try? engine.send(ResponseHead(status: error.status, reason: "Refused", fields: fields))
        try? engine.sendBody(text.span)
        try? engine.sendEnd()
        isOver = true
    }

    func consume(_ count: Int, of play: Play) {}

    var wantsInput: Bool {
        !isReadingStopped && engine.wantsInput
            && (play?.unread ?? 0) < min(64 << 10, host.configuration.limits.unreadBody)
    }

    // MARK: Replies

    func inform(_ play: Play, _ status: HTTPResponse.Status, _ fields: HTTPFields) {
        attempt("a response of status \(status.code)", play) { () throws(HTTP1Error) in
            try engine.send(ResponseHead(status: status.code, reason: status.reasonPhrase, fields: fields))
        }
    }

    func begin(_ play: Play, _ status: HTTPResponse.Status, _ fields: HTTPFields, _ length: ContentLength) {
        var fields = fields
        let isFramed = fields.contains(.contentLength) || fields.contains(.transferEncoding)
        if !isFramed {
            switch length {
            case .none: break
            case .known(let count): fields.append(HTTPField(name: .contentLength, value: String(count)))
            case .unknown:
                if host.record.recorded(play.number)?.version != .http10 {
                    fields.append(HTTPField(name: .transferEncoding, value: "chunked"))
                }
            }
        }
        attempt("a head of status \(status.code)", play) { () throws(HTTP1Error) in
            try engine.send(ResponseHead(status: status.code, reason: status.reasonPhrase, fields: fields))
        }
        if engine.state == .complete || engine.state == .idle { finished(play) }
    }

    func send(_ play: Play, _ bytes: [UInt8]) -> Bool {
        if play.isRaw {
            output.append(contentsOf: bytes)
        } else {
            do { try engine.sendBody(bytes.span) } catch {
                // More than the head has promised: it is what the script wants.
                raw(bytes, play)
            }
        }
        _ = engine.nextOutput(into: &output)
        return output.count < Connection.backlog
    }

    func end(_ play: Play, trailers: HTTPFields) {
        guard !play.isRaw else { return }
        do {
            try engine.sendEnd(trailers: trailers)
            finished(play)
        } catch  where error.code == .bodyMismatch {
            // Less than the head has promised: the connection's end is all that can follow.
            connection.close(.truncated)
        } catch  where error.code == .outOfOrder {
            finished(play)
        } catch {
            host.record.problem("the trailers of exchange \(play.number) were not sent: \(error)")
        }
    }

    /// The response is out; the request may still be on its way.
    private func finished(_ play: Play) {
        guard play.isRequestComplete else { return }
        play.ended(.complete)
    }

    func scriptEnded(_ play: Play) {
        if play.isRequestComplete, play.hasEnded || !engineAwaitsResponse { play.ended(.complete) }
        if closesAtEnd { connection.close(.orderly) }
    }

    private var engineAwaitsResponse: Bool {
        switch engine.state {
        case .requesting, .awaiting, .duplex, .responding: true
        default: false
        }
    }

    // MARK: Faults

    func perform(_ fault: TestServer.Fault, _ play: Play) {
        switch fault {
        case .reset, .resetConnection:
            play.ended(.resetByServer)
            _ = engine.nextOutput(into: &output)
            connection.close(.reset)
        case .stopSending: isReadingStopped = true
        case .stall: break
        case .rawHead(let fields): rawHead(fields, play)
        case .goAway: break
        case .close: connection.close(.orderly)
        case .truncate: connection.close(.truncated)
        case .blackhole: connection.goDeaf()
        case .raw(let bytes): raw(bytes, play)
        case .flood(let kind, let count): flood(kind, count, play)
        }
    }

    private func raw(_ bytes: [UInt8], _ play: Play) {
        _ = engine.nextOutput(into: &output)
        output.append(contentsOf: bytes)
        // What is left out of the engine's sight could not be told from the next response.
        if !play.hasEnded, engineAwaitsResponse { closesAtEnd = true }
    }

    private func rawHead(_ fields: [(name: String, value: String)], _ play: Play) {
        let status = fields.first { $0.name == ":status" }?.value ?? "200"
        var text = "HTTP/1.1 \(status) Scripted\r\n"
        for field in fields where field.name != ":status" { text += "\(field.name): \(field.value)\r\n" }
        raw(Array((text + "\r\n").utf8), play)
        play.isRaw = true
    }

    private func flood(_ kind: TestServer.Flood, _ count: Int, _ play: Play) {
        let piece = kind == .emptyData && play.hasHead ? "1\r\nx\r\n" : "HTTP/1.1 102 Processing\r\n\r\n"
        raw(Array(repeatElement(Array(piece.utf8), count: max(0, count)).joined()), play)
    }

    private func attempt(_ what: String, _ play: Play, _ call: () throws(HTTP1Error) -> MessageFraming) {
        do { _ = try call() } catch {
            host.record.problem("\(what) was not sent in exchange \(play.number): \(error)")
        }
    }

    // MARK: The connection

    func nextOutput(into output: inout [UInt8]) {
        _ = engine.nextOutput(into: &self.output)
        guard !self.output.isEmpty else { return }
        if output.isEmpty { swap(&output, &self.output) } else { output.append(contentsOf: self.output) }
        self.output.removeAll(keepingCapacity: true)
        play?.roomCame()
    }

    func drained() { play?.roomCame() }

    func lost() {
        play?.ended(.connectionLost)
        play?.abandon()
        play = nil
    }

    func expire(at now: Instant) {}

    var isIdle: Bool { play == nil || engine.state == .idle }
}
