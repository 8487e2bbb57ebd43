import HTTP3Engine
import IOLoop
import QUICEngine
import TransportCore

/// HTTP/3 on a connection: the engine in the server's role, and a reply for each stream. Used on the loop.
final class H3Carrier: ReplyCarrier {
    let number: Int
    let http: HTTP3Connection
    private let door: DatagramDoor
    /// By the slot of the engine's stream.
    private var plays: [Play?] = []
    private var tls: ConnectionInfo.TLSInfo?
    private var timer: LoopTimer?
    private var isPumping = false
    private var closesWhenIdle = false
    private var underWay = 0
    /// Whether nothing is read or sent any more.
    private(set) var isDeaf = false
    private var isGone = false

    private var host: Host { door.host }

    init(_ number: Int, _ quic: QUICConnection, _ door: DatagramDoor) throws(HTTP3Error) {
        self.number = number
        self.door = door
        var options = HTTP3Options()
        options.headBytes = door.host.configuration.limits.head
        options.fields = door.host.configuration.limits.fields
        http = try HTTP3Connection(quic, options: options)
    }

    // MARK: In

    func pump() {
        guard !isPumping, !isGone else { return }
        isPumping = true
        while let event = http.nextEvent() {
            switch event {
            case .request(let stream, let head, let end): begin(stream, head, end)
            case .data(let stream, let bytes, let end):
                guard let play = play(stream) else {
                    http.consume(bytes.count, of: stream)
                    continue
                }
                if !bytes.isEmpty { play.received(bytes) }
                if end { play.completed(trailers: [:]) }
            case .trailers(let stream, let fields): play(stream)?.completed(trailers: fields)
            case .writable(let stream): play(stream)?.roomCame()
            case .closed(let stream, let closing): closed(stream, closing)
            case .quic(.handshakeDone(let handshake)): secured(handshake)
            case .goAway: closesWhenIdle = true
            case .failed(let error):
                // A client that goes when nothing is left to say does nothing wrong.
                if underWay > 0 { host.record.connection(number) { $0.failure = error.description } }
            case .stopped, .quic, .settings, .informational, .response: break
            }
        }
        if closesWhenIdle, underWay == 0 { http.close(at: host.now) }
        isPumping = false
        door.settle(self)
    }

    private func secured(_ handshake: QUICHandshake) {
        let info = ConnectionInfo.TLSInfo(
            version: .tls13, cipher: handshake.cipher, group: handshake.group, alpn: handshake.alpn,
            resumed: handshake.resumed, certificates: handshake.certificates)
        tls = info
        host.record.connection(number) { $0.tls = info }
    }

    private func play(_ stream: HTTP3Stream) -> Play? {
        let slot = Int(stream.slot)
        return plays.indices.contains(slot) ? plays[slot] : nil
    }

    private func begin(_ stream: HTTP3Stream, _ head: HTTP3RequestHead, _ end: Bool) {
        var exchange = TestServer.RecordedExchange(
            number: 0, connection: number, version: .http3, method: head.method,
            target: head.path ?? head.authority ?? "", scheme: head.scheme ?? "https",
            authority: head.authority ?? head.fields[.hostField], fields: head.fields, tls: tls)
        exchange.stream = UInt64(clamping: stream.id)
        exchange.isComplete = end
        let (number, reply) = host.begin(exchange)
        let play = Play(
            number, .http3(id: stream.id, slot: stream.slot), method: head.method,
            awaitsContinue: !end && head.fields[.expect]?.lowercased() == "100-continue", reply: reply,
            carrier: self, host: host, isComplete: end)
        while plays.count <= Int(stream.slot) { plays.append(nil) }
        plays[Int(stream.slot)] = play
        underWay += 1
        play.run()
    }

    private func closed(_ stream: HTTP3Stream, _ closing: HTTP3Closing) {
        guard let play = play(stream) else { return }
        plays[Int(stream.slot)] = nil
        underWay -= 1
        switch closing.cause {
        case .complete: play.ended(.complete)
        case .peerReset: play.ended(.resetByClient(closing.code.rawValue))
        case .localReset: play.ended(.resetByServer)
        default: play.ended(.connectionLost)
        }
    }

    func consume(_ count: Int, of play: Play) {
        if let stream = stream(of: play) { http.consume(count, of: stream) }
    }

    private func stream(of play: Play) -> HTTP3Stream? {
        guard case .http3(let id, let slot) = play.handle else { return nil }
        return HTTP3Stream(id: id, slot: slot)
    }

    // MARK: Replies

    func inform(_ play: Play, _ status: HTTPResponse.Status, _ fields: HTTPFields) {
        attempt("a response of status \(status.code)", play) { stream throws(HTTP3Error) in
            try http.inform(on: stream, status: status.code, fields: fields)
        }
    }

    func begin(_ play: Play, _ status: HTTPResponse.Status, _ fields: HTTPFields, _ length: ContentLength) {
        var known: Int64?
        if case .known(let count) = length, !fields.contains(.contentLength) { known = Int64(count) }
        attempt("a head of status \(status.code)", play) { stream throws(HTTP3Error) in
            try http.respond(
                to: stream, status: status.code, fields: fields, contentLength: known,
                hasContent: length != .known(0))
        }
    }

    func send(_ play: Play, _ bytes: [UInt8]) -> Bool {
        guard !bytes.isEmpty else { return true }
        var hasRoom = true
        attempt("content", play) { stream throws(HTTP3Error) in hasRoom = try http.send(bytes, on: stream) }
        return hasRoom
    }

    func end(_ play: Play, trailers: HTTPFields) {
        guard let stream = stream(of: play) else { return }
        do throws(HTTP3Error) {
            try http.end(stream, trailers: trailers.isEmpty ? nil : trailers)
        } catch  where error.code == .outOfOrder {
        } catch {
            host.record.problem("the trailers of exchange \(play.number) were not sent: \(error)")
        }
    }

    func scriptEnded(_ play: Play) {}

    private func attempt(_ what: String, _ play: Play, _ call: (HTTP3Stream) throws(HTTP3Error) -> Void) {
        guard !play.isOver, let stream = stream(of: play) else { return }
        do throws(HTTP3Error) { try call(stream) } catch {
            host.record.problem("\(what) was not sent in exchange \(play.number): \(error)")
        }
    }

    // MARK: Faults

    func perform(_ fault: TestServer.Fault, _ play: Play) {
        let stream = stream(of: play)
        switch fault {
        case .reset(let code):
            // What was said before goes first.
            flush()
            if let stream { http.reset(stream, HTTP3ErrorCode(rawValue: code.http3)) }
            play.ended(.resetByServer)
        case .stopSending(let code): if let stream { http.stopReading(stream, HTTP3ErrorCode(rawValue: code.http3)) }
        case .stall: break
        case .goAway(let last, let code): goAway(last, code, play)
        case .close:
            flush()
            http.close(at: host.now)
        case .truncate:
            flush()
            http.close(.internalError, at: host.now)
        case .resetConnection:
            flush()
            isGone = true
            door.forget(self)
        case .blackhole: isDeaf = true
        case .rawHead, .raw, .flood:
            host.record.problem("exchange \(play.number): \(fault) is not to be had over HTTP/3")
        }
    }

    private func goAway(_ last: TestServer.LastStream, _ code: TestServer.StreamCode, _ play: Play) {
        flush()
        switch last {
        case .warning: return http.announceShutdown()
        case .this, .number: break
        case .previous, .none:
            // The engine tells of the streams that it knows; this one it rejects (RFC 9114 §5.2).
            if let stream = stream(of: play) { http.reset(stream, .requestRejected) }
            play.ended(.resetByServer)
        }
        http.goAway()
        if code != .noError {
            flush()
            http.close(HTTP3ErrorCode(rawValue: code.http3), at: host.now)
        }
        closesWhenIdle = true
    }

    private func flush() { door.settle(self) }

    // MARK: The connection

    /// Sets the timer for what is due next.
    func arm() {
        if let timer { host.loop.cancel(timer) }
        timer = nil
        guard !isDeaf, let deadline = http.deadline else { return }
        timer = host.loop.schedule(at: max(deadline, host.now)) { [weak self] in
            guard let self, !isGone else { return }
            timer = nil
            http.expire(at: host.now)
            pump()
        }
    }

    func lost() {
        isGone = true
        if let timer { host.loop.cancel(timer) }
        timer = nil
        for case let play? in plays {
            play.ended(.connectionLost)
            play.abandon()
        }
        plays = []
        underWay = 0
        host.record.connection(number) { $0.isOpen = false }
    }
}
