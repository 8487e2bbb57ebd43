import IOLoop
import TransportCore

/// One exchange: its request as it comes, and its reply, step by step. Used on the loop.
final class Play: @unchecked Sendable {
    /// Its number in the record.
    let number: Int
    /// Names its stream to the carrier: a slot of HTTP/2, a stream of HTTP/3.
    let handle: Handle
    private let host: Host
    private let carrier: any ReplyCarrier
    private let method: HTTPRequest.Method

    private var steps: [TestServer.Step]
    private var next = 0
    /// Whether the closure is still to be asked for the steps, once the request is complete.
    private var isToAsk: Bool
    private var block: Block?
    private var current: Progress?
    private var isRunning = false
    private var timer: LoopTimer?

    // The request
    private(set) var isRequestComplete = false
    private var bodyCount = 0
    private var awaitsContinue: Bool
    /// Bytes that came and were not read by a step.
    private(set) var unread = 0
    private var reads = false
    private var echo: [[UInt8]] = []

    // The response
    private(set) var hasHead = false
    private(set) var hasEnded = false
    /// Whether the exchange is over, and nothing of it can be sent.
    private(set) var isOver = false
    /// Whether what is sent goes around the engine, as a fault has begun it so.
    var isRaw = false

    enum Handle: Hashable {
        case http1
        case http2(id: Int32, slot: Int32)
        case http3(id: Int64, slot: Int32)
    }

    private enum Block { case request, bytes(Int), time, gate, room, echo, forever }
    private enum Progress {
        case repeating([UInt8], left: Int)
        case drip(ArraySlice<UInt8>, piece: Int, every: Duration)
        case echo
        case generated(@Sendable () -> [UInt8]?)
    }

    init(
        _ number: Int, _ handle: Handle, method: HTTPRequest.Method, awaitsContinue: Bool,
        reply: TestServer.Reply?, carrier: any ReplyCarrier, host: Host, isComplete: Bool = false
    ) {
        self.number = number
        self.handle = handle
        self.method = method
        self.awaitsContinue = awaitsContinue
        self.carrier = carrier
        self.host = host
        isRequestComplete = isComplete
        steps = reply?.steps ?? [.receive]
        isToAsk = reply == nil
    }

    // MARK: The request

    /// Content of the request came.
    func received(_ bytes: [UInt8]) {
        awaitsContinue = false
        bodyCount += bytes.count
        let limit = host.configuration.limits.recordedBody
        host.record.exchange(number) { exchange in
            exchange.bodyCount += bytes.count
            let room = limit - exchange.body.count
            if room >= bytes.count {
                exchange.body.append(contentsOf: bytes)
            } else if room > 0 {
                exchange.body.append(contentsOf: bytes[..<room])
            }
        }
        if case .echo = current {
            echo.append(bytes)
        } else if reads {
            carrier.consume(bytes.count, of: self)
        } else {
            unread += bytes.count
        }
        switch block {
        case .echo: resume()
        case .bytes(let count) where bodyCount >= count: resume()
        default: break
        }
    }

    /// The request is complete.
    func completed(trailers: HTTPFields) {
        isRequestComplete = true
        host.record.exchange(number) { exchange in
            exchange.isComplete = true
            exchange.trailers = trailers
        }
        switch block {
        case .request, .bytes, .echo: resume()
        default: break
        }
    }

    /// It ended, one way or another. Steps that concern the connection still run.
    func ended(_ ending: TestServer.RecordedExchange.Ending) {
        guard !isOver else { return }
        isOver = true
        host.record.exchange(number) { if $0.ending == nil { $0.ending = ending } }
        switch block {
        case .request, .bytes, .room, .echo: block = .forever
        default: break
        }
    }

    /// Nothing more of it is done.
    func abandon() {
        block = .forever
        current = nil
        if let timer { host.loop.cancel(timer) }
        timer = nil
    }

    // MARK: Steps

    /// There is room to send again.
    func roomCame() { if case .room = block { resume() } }

    private func resume() {
        block = nil
        run()
    }

    /// Does what can be done now.
    func run() {
        guard !isRunning else { return }
        isRunning = true
        defer { isRunning = false }
        while block == nil {
            if let progress = current {
                go(on: progress)
            } else if next < steps.count {
                next += 1
                perform(steps[next - 1])
            } else if isToAsk {
                isToAsk = false
                steps = host.ask(number).steps
                next = 0
            } else {
                block = .forever
                readOn()
                carrier.scriptEnded(self)
            }
        }
    }

    private func perform(_ step: TestServer.Step) {
        switch step {
        case .receiving(let continues): receive(continues: continues)
        case .receiveBytes(let count):
            receive(continues: true, upTo: count)
        case .inform(let status, let fields):
            if status.code == 100 { awaitsContinue = false }
            carrier.inform(self, status, fields)
        case .head(let status, let fields):
            hasHead = true
            host.record.exchange(number) { $0.status = status.code }
            carrier.begin(self, status, advertised(fields), length(of: status))
        case .bytes(let bytes): send(bytes)
        case .repeating(let bytes, let times): current = .repeating(bytes, left: times)
        case .drip(let bytes, let piece, let every): current = .drip(bytes[...], piece: max(1, piece), every: every)
        case .echo: beginEcho()
        case .generated(let next): current = .generated(next)
        case .then(let find):
            let found = host.record.recorded(number).map(find) ?? []
            steps.replaceSubrange(0..<next, with: found)
            next = 0
        case .trailers(let fields): end(fields)
        case .end: end([:])
        case .wait(let duration): wait(duration)
        case .hold(let gate): hold(gate)
        case .reach(let gate): gate.open()
        case .fault(.stall): block = .forever
        case .fault(let fault): carrier.perform(fault, self)
        }
    }

    /// With Alt-Svc, where HTTP/3 is to be told of and is not spoken already.
    private func advertised(_ fields: HTTPFields) -> HTTPFields {
        guard let altSvc = host.altSvc else { return fields }
        if case .http3 = handle { return fields }
        var fields = fields
        if !fields.contains(.altSvc) { fields.append(HTTPField(name: .altSvc, value: altSvc)) }
        return fields
    }

    private func receive(continues: Bool, upTo count: Int? = nil) {
        if awaitsContinue, continues, !hasHead, !isOver {
            awaitsContinue = false
            carrier.inform(self, .continue, [:])
        }
        readOn()
        guard !isRequestComplete, !isOver else { return }
        if let count {
            if bodyCount < count { block = .bytes(count) }
        } else {
            block = .request
        }
    }

    private func readOn() {
        reads = true
        guard unread > 0 else { return }
        let count = unread
        unread = 0
        carrier.consume(count, of: self)
    }

    private func send(_ bytes: [UInt8]) {
        guard !isOver, method != .head || isRaw else { return }
        if !carrier.send(self, bytes) { block = .room }
    }

    private func end(_ trailers: HTTPFields) {
        guard !isOver, !hasEnded else { return }
        hasEnded = true
        carrier.end(self, trailers: trailers)
    }

    private func beginEcho() {
        // What came before stands in the record.
        let before = host.record.recorded(number)?.body ?? []
        if !before.isEmpty { echo.append(before) }
        reads = true
        current = .echo
    }

    private func go(on progress: Progress) {
        switch progress {
        case .repeating(_, left: ...0): current = nil
        case .repeating(let bytes, let left):
            current = .repeating(bytes, left: left - 1)
            guard !isOver, method != .head else {
                current = nil
                return
            }
            send(bytes)
        case .drip(let rest, let piece, let every):
            guard !rest.isEmpty, !isOver else {
                current = nil
                return
            }
            current = .drip(rest.dropFirst(piece), piece: piece, every: every)
            send(Array(rest.prefix(piece)))
            // Where there is no room, the pause is long enough.
            if block == nil, rest.count > piece { wait(every) }
        case .generated(let next):
            guard !isOver, method != .head, let bytes = next() else {
                current = nil
                return
            }
            send(bytes)
        case .echo:
            if !echo.isEmpty {
                let bytes = echo.removeFirst()
                unread = 0
                carrier.consume(bytes.count, of: self)
                send(bytes)
            } else if isRequestComplete || isOver {
                current = nil
            } else {
                block = .echo
            }
        }
    }

    private func wait(_ duration: Duration) {
        block = .time
        timer = host.loop.schedule(at: host.now.advanced(by: duration)) { [self] in
            guard case .time = block else { return }
            timer = nil
            resume()
            carrier.pump()
        }
    }

    private func hold(_ gate: Checkpoint) {
        guard !gate.isOpen else { return }
        block = .gate
        gate.whenOpen { [loop = host.loop] in
            loop.enqueue {
                guard case .gate = self.block else { return }
                self.resume()
                self.carrier.pump()
            }
        }
    }

    /// How long the content is, as far as the steps to come tell.
    private func length(of status: HTTPResponse.Status) -> ContentLength {
        if status.kind == .informational || status.code == 204 || status.code == 304 { return .none }
        var count = 0
        for step in steps[next...] {
            switch step {
            case .bytes(let bytes), .drip(let bytes, _, _): count += bytes.count
            case .repeating(let bytes, let times):
                let (all, overflow) = bytes.count.multipliedReportingOverflow(by: max(0, times))
                guard !overflow, all < 1 << 50 else { return .unknown }
                count += all
            case .end: return .known(count)
            case .echo, .generated, .then, .trailers, .fault(.raw), .fault(.rawHead), .fault(.truncate), .fault(.close):
                return .unknown
            default: continue
            }
        }
        return .unknown
    }
}
