import HTTP2Engine
import TransportCore

/// HTTP/2 on a connection: the engine in the server's role, and a reply for each stream. Used on the loop.
final class H2Carrier: StreamCarrier {
    private let connection: Connection
    private let engine: HTTP2Connection
    /// By the slot of the engine's stream.
    private var plays: [Play?] = []
    private var underWay = 0
    /// What goes out around the engine, or was taken from it before.
    private var raw: [UInt8] = []
    /// Requests above this stream are not acted on, as GOAWAY said.
    private var lastTaken: UInt64 = .max
    private var closesWhenIdle = false
    private(set) var isOver = false
    let headSince: Instant? = nil

    private var host: Host { connection.host }

    init(_ connection: Connection) throws {
        self.connection = connection
        let configuration = connection.host.configuration
        var options = HTTP2Options()
        options.maxConcurrentStreams = UInt32(clamping: configuration.maximumStreams)
        options.headBytes = configuration.limits.head
        options.fields = configuration.limits.fields
        options.streamWindow = Int32(clamping: max(1, configuration.limits.unreadBody))
        engine = try HTTP2Connection(.server, options: options, at: connection.host.now)
    }

    // MARK: In

    func receive(_ bytes: Span<UInt8>) {
        engine.receive(bytes, at: host.now)
        pump()
    }

    func receiveEnd(clean: Bool) {
        engine.receiveEnd(at: host.now)
        pump()
        isOver = true
    }

    func pump() {
        while let event = engine.nextEvent() {
            switch event {
            case .request(let stream, let head, let end): begin(stream, head, end)
            case .data(let stream, let bytes, let end):
                guard let play = play(stream) else {
                    engine.consume(bytes.count, of: stream, at: host.now)
                    continue
                }
                if !bytes.isEmpty { play.received(bytes) }
                if end { play.completed(trailers: [:]) }
            case .trailers(let stream, let fields): play(stream)?.completed(trailers: fields)
            case .writable(let stream): play(stream)?.roomCame()
            case .closed(let stream, let closing): closed(stream, closing)
            case .failed(let error):
                // A client that goes when nothing is left to say does nothing wrong.
                if error.code != .connectionLost || underWay > 0 {
                    host.record.connection(connection.number) { $0.failure = error.description }
                }
                isOver = true
            case .goAway: closesWhenIdle = true
            case .settings, .pingAcknowledged, .informational, .response: break
            }
        }
        if closesWhenIdle, underWay == 0, raw.isEmpty { isOver = true }
    }

    private func play(_ stream: HTTP2Stream) -> Play? {
        let slot = Int(stream.slot)
        return plays.indices.contains(slot) ? plays[slot] : nil
    }

    private func begin(_ stream: HTTP2Stream, _ head: HTTP2RequestHead, _ end: Bool) {
        guard UInt64(stream.id) <= lastTaken else { return }
        var exchange = TestServer.RecordedExchange(
            number: 0, connection: connection.number, version: .http2, method: head.method,
            target: head.path ?? head.authority ?? "", scheme: head.scheme ?? "https",
            authority: head.authority ?? head.fields[.hostField], fields: head.fields, tls: connection.tlsInfo)
        exchange.stream = UInt64(stream.id)
        exchange.isComplete = end
        let (number, reply) = host.begin(exchange)
        let play = Play(
            number, .http2(id: stream.id, slot: stream.slot), method: head.method,
            awaitsContinue: !end && head.fields[.expect]?.lowercased() == "100-continue", reply: reply,
            carrier: self, host: host, isComplete: end)
        while plays.count <= Int(stream.slot) { plays.append(nil) }
        plays[Int(stream.slot)] = play
        underWay += 1
        play.run()
    }

    private func closed(_ stream: HTTP2Stream, _ closing: HTTP2Closing) {
        guard let play = play(stream) else { return }
        plays[Int(stream.slot)] = nil
        underWay -= 1
        switch closing.cause {
        case .complete: play.ended(.complete)
        case .peerReset: play.ended(.resetByClient(UInt64(closing.code.rawValue)))
        case .localReset: play.ended(.resetByServer)
        case .malformed, .headTooLarge, .tooManyInformational, .goAway, .connection: play.ended(.connectionLost)
        }
    }

    func consume(_ count: Int, of play: Play) {
        if let stream = stream(of: play) { engine.consume(count, of: stream, at: host.now) }
    }

    private func stream(of play: Play) -> HTTP2Stream? {
        guard case .http2(let id, let slot) = play.handle else { return nil }
        return HTTP2Stream(id: id, slot: slot)
    }

    var wantsInput: Bool { true }

    // MARK: Replies

    func inform(_ play: Play, _ status: HTTPResponse.Status, _ fields: HTTPFields) {
        attempt("a response of status \(status.code)", play) { stream throws(HTTP2Error) in
            try engine.inform(on: stream, status: status.code, fields: fields)
        }
    }

    func begin(_ play: Play, _ status: HTTPResponse.Status, _ fields: HTTPFields, _ length: ContentLength) {
        var fields = fields
        var hasContent = true
        if length == .known(0) { hasContent = false }
        if case .known(let count) = length, !fields.contains(.contentLength) {
            fields.append(HTTPField(name: .contentLength, value: String(count)))
        }
        attempt("a head of status \(status.code)", play) { stream throws(HTTP2Error) in
            try engine.respond(on: stream, status: status.code, fields: fields, hasContent: hasContent)
        }
    }

    func send(_ play: Play, _ bytes: [UInt8]) -> Bool {
        if play.isRaw {
            drainEngine()
            raw += Frame.bytes(0, stream: stream(of: play)?.id ?? 0, bytes)
            return true
        }
        var hasRoom = true
        attempt("content", play) { stream throws(HTTP2Error) in
            hasRoom = try engine.send(bytes, on: stream)
        }
        return hasRoom
    }

    func end(_ play: Play, trailers: HTTPFields) {
        if play.isRaw {
            drainEngine()
            raw += Frame.bytes(0, flags: 1, stream: stream(of: play)?.id ?? 0)
            return
        }
        // A head without content has ended the message.
        guard let stream = stream(of: play) else { return }
        do throws(HTTP2Error) {
            try engine.end(stream, trailers: trailers.isEmpty ? nil : trailers)
        } catch  where error.code == .outOfOrder {
        } catch {
            host.record.problem("the trailers of exchange \(play.number) were not sent: \(error)")
        }
    }

    func scriptEnded(_ play: Play) {}

    private func attempt(_ what: String, _ play: Play, _ call: (HTTP2Stream) throws(HTTP2Error) -> Void) {
        guard !play.isOver, let stream = stream(of: play) else { return }
        do throws(HTTP2Error) { try call(stream) } catch {
            host.record.problem("\(what) was not sent in exchange \(play.number): \(error)")
        }
    }

    // MARK: Faults

    func perform(_ fault: TestServer.Fault, _ play: Play) {
        let id = stream(of: play)?.id ?? 0
        switch fault {
        case .reset(let code), .stopSending(let code):
            // nghttp2 would send it before content that waits.
            drainEngine()
            if let stream = stream(of: play) { engine.reset(stream, code.http2) }
        case .stall: break
        case .rawHead(let fields):
            drainEngine()
            raw += Frame.head(fields, stream: id)
            play.isRaw = true
        case .goAway(let last, let code): goAway(last, code, id)
        case .close: connection.close(.orderly)
        case .truncate: connection.close(.truncated)
        case .resetConnection: connection.close(.reset)
        case .blackhole: connection.goDeaf()
        case .raw(let bytes):
            drainEngine()
            raw += bytes
        case .flood(let kind, let count): flood(kind, count, id, play)
        }
    }

    private func goAway(_ last: TestServer.LastStream, _ code: TestServer.StreamCode, _ id: Int32) {
        drainEngine()
        let number: UInt64 =
            switch last {
            case .this: UInt64(id)
            case .previous: UInt64(max(0, id - 2))
            case .none: 0
            case .warning: 0x7FFF_FFFF
            case .number(let number): number & 0x7FFF_FFFF
            }
        raw += Frame.goAway(lastStream: UInt32(truncatingIfNeeded: number), code: code.http2.rawValue)
        guard last != .warning else { return }
        lastTaken = number
        for case let play? in plays {
            guard let stream = stream(of: play), UInt64(stream.id) > number else { continue }
            play.abandon()
            play.ended(.resetByServer)
            plays[Int(stream.slot)] = nil
            underWay -= 1
        }
        closesWhenIdle = true
    }

    private func flood(_ kind: TestServer.Flood, _ count: Int, _ id: Int32, _ play: Play) {
        drainEngine()
        let frame =
            switch kind {
            case .ping: Frame.bytes(6, [UInt8](repeating: 0, count: 8))
            case .settings: Frame.bytes(4)
            case .emptyData: Frame.bytes(0, stream: id)
            case .continuation: Frame.bytes(9, stream: id)
            case .informational: Frame.head([(":status", "102")], stream: id)
            case .unknown: Frame.bytes(0xFA, stream: id)
            }
        if kind == .continuation {
            raw += Frame.head([(":status", "200")], stream: id)
            // END_HEADERS is taken off: the head goes on.
            raw[raw.count - Frame.head([(":status", "200")], stream: id).count + 4] = 0
        }
        raw += Array(repeatElement(frame, count: max(0, count)).joined())
    }

    /// Takes what the engine has to say, so that what follows comes behind it.
    private func drainEngine() {
        while engine.nextOutput(into: &raw, limit: .max) {}
    }

    // MARK: The connection

    func nextOutput(into output: inout [UInt8]) {
        if !raw.isEmpty {
            if output.isEmpty { swap(&output, &raw) } else { output.append(contentsOf: raw) }
            raw = []
        }
        engine.nextOutput(into: &output, limit: Connection.backlog)
        pump()
    }

    func drained() {}

    func lost() {
        for case let play? in plays {
            play.ended(.connectionLost)
            play.abandon()
        }
        plays = []
        underWay = 0
    }

    func expire(at now: Instant) {
        if let deadline = engine.deadline, deadline <= now { engine.expire(at: now) }
    }

    var isIdle: Bool { underWay == 0 }
}
