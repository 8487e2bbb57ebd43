import Synchronization
import TernCore

/// How much load, and for how long.
struct BenchLoad: Sendable {
    /// In all; `nil` for as many as there is time for.
    var requests: Int?
    var duration: Duration?
    var concurrency: Int
    /// At most; `nil` for as many as the protocol wants.
    var connections: Int?
}

/// Sends one request many times over one session, and measures.
struct BenchRun {
    private let load: BenchLoad
    private let session: Session<AnyTransport>
    private let request: Request
    private let transport: String
    private let tally: BenchTally
    private let showsProgress: Bool

    init(_ invocation: Invocation, _ url: String, _ load: BenchLoad) async throws {
        self.load = load
        transport = invocation.transport
        var pool = PoolLimits()
        pool.connectionsPerOrigin = load.connections ?? load.concurrency
        pool.multiplexedConnectionsPerOrigin = load.connections ?? pool.multiplexedConnectionsPerOrigin
        var configuration = try await SessionSetup.configuration(invocation)
        // What is repeated would be measured as one.
        configuration.retry = SafeRetry()
        configuration.bodyLimit = SessionConfiguration().bodyLimit
        session = Session(
            owning: try TransportChoice.make(transport, invocation, pool: pool), configuration: configuration)
        let parts = try RequestBuilder(invocation: invocation).parts(
            for: url, upload: invocation.uploads.first.flatMap { $0.isEmpty ? nil : $0 })
        request = try session.prepare(parts.method, parts.url, parts.content, headers: parts.headers)
        guard request.body.isReplayable else {
            throw UsageError("tern bench sends a body many times, and standard input can be read only once")
        }
        tally = BenchTally(requests: load.requests)
        showsProgress = Output.error.isTerminal && !invocation.global.silent && invocation.global.showsMeter
    }

    func run() async throws -> BenchResult {
        let before = ProcessUsage.now
        let start = SystemClock().now
        await withTaskGroup { group in
            // The timer ends the load, and the load the timer.
            group.addTask { await measure() }
            group.addTask { await watch(since: start) }
            await group.next()
            group.cancelAll()
        }
        let elapsed = start.duration(to: SystemClock().now)
        let usage = ProcessUsage.now.since(before)
        if showsProgress { try? Output.error.write(Array("\r\u{1B}[K".utf8)) }
        await session.close(by: SystemClock().now.advanced(by: .seconds(1)))
        return BenchResult(
            load: load, url: "\(request)", transport: transport, elapsed: elapsed, totals: tally.totals, usage: usage)
    }

    private func measure() async {
        await withTaskGroup { group in
            for number in 0..<load.concurrency { group.addTask { await work(number) } }
        }
    }

    private func work(_ number: Int) async {
        let shard = tally.shard(number)
        while !Task.isCancelled, tally.take() {
            let start = SystemClock().now
            do {
                let response = try await session.send(request)
                shard.note(response, start.duration(to: SystemClock().now))
            } catch  where error.isCancelled && Task.isCancelled {
                return
            } catch {
                shard.note(FailureFacts(error))
            }
        }
    }

    /// Returns when the time is up; draws a line until then.
    private func watch(since start: Instant) async {
        let end = load.duration.map { start.advanced(by: $0) }
        while !Task.isCancelled {
            let now = SystemClock().now
            if let end, now >= end { return }
            let pause = min(end.map { now.duration(to: $0) } ?? .milliseconds(200), .milliseconds(200))
            guard (try? await Task.sleep(for: pause)) != nil else { return }
            if showsProgress { draw(since: start) }
        }
    }

    private func draw(since start: Instant) {
        let (count, errors) = tally.count
        let seconds = start.duration(to: SystemClock().now).milliseconds / 1_000
        var line = "\(Figures.grouped(count)) requests, \(Figures.grouped(Int(Double(count) / seconds)))/s"
        if let requests = load.requests { line += ", \(count * 100 / max(requests, 1)) %" }
        if errors > 0 { line += ", \(Figures.grouped(errors)) failed" }
        try? Output.error.write(Array("\r\u{1B}[K\(line)".utf8))
    }
}
