import Glibc
import Synchronization
import Tern

/// One transfer of the command line: the request, where its answer goes, and what is told about it.
struct Transfer: Sendable {
    private let invocation: Invocation
    private let session: Session<AnyTransport>
    private let planned: PlannedTransfer
    private let heads: HeadFile
    private let recorder = Recorder()
    private let verdict = Verdict()

    init(_ invocation: Invocation, _ session: Session<AnyTransport>, _ planned: PlannedTransfer, _ heads: HeadFile) {
        self.invocation = invocation
        self.session = session
        self.planned = planned
        self.heads = heads
    }

    /// What came of it, for `--write-out` and `--report`.
    struct Outcome {
        var response: StreamingResponse?
        var received: Int64 = 0
        var path: String?
        var code: Int32 = 0
        var message = ""
        var failure: FailureFacts?
        /// What the status is taken for, where that is not what came (`--time-cond`).
        var status: Int?
        /// The error as it was thrown, for what is known of the history.
        var error: HTTPError?
    }

    /// Why it was ended from outside.
    private final class Verdict: Sendable {
        private let reason = Mutex<UsageError?>(nil)
        var error: UsageError? {
            get { reason.withLock { $0 } }
            set { reason.withLock { $0 = newValue } }
        }
    }

    var url: String { planned.upload.map { URLText.adding(nameOf: $0, to: planned.url) } ?? planned.url }

    /// Bytes of bodies that have gone both ways.
    var bytes: Int64 {
        let record = recorder.record
        return record.sent + (record.received ?? 0)
    }

    /// Has the task's cancellation count as this error.
    func give(up error: UsageError) { verdict.error = error }

    /// The exit code.
    func run() async -> Int32 {
        var outcome = Outcome()
        announce()
        do {
            let sink = try Sink(planned, invocation)
            outcome.path = sink.path
            do {
                try await exchange(sink, &outcome)
                outcome.path = sink.path
            } catch {
                // What came before the failure is worth seeing: the redirects of a loop, the head of a refusal.
                try? await show(sink)
                outcome.path = sink.path
                try? await sink.abandon()
                throw error
            }
        } catch {
            let error: any Error = verdict.error ?? error
            outcome.code = code(of: error)
            outcome.message = "\(error)"
            outcome.failure = FailureFacts(error)
            outcome.failure?.exit = outcome.code
            outcome.error = error as? HTTPError
        }
        return tell(&outcome)
    }

    private func announce() {
        guard planned.position.count > 1, invocation.global.showsMeter, !invocation.global.silent,
            Output.error.isTerminal, !invocation.global.isParallel
        else { return }
        Output.error.line("[\(planned.position.index)/\(planned.position.count)]: \(URLText.shown(planned.url))")
    }

    private func tell(_ outcome: inout Outcome) -> Int32 {
        if invocation.timeline { Output.error.line(Timelines.text(recorder)) }
        let isInterrupted = Task.isCancelled && verdict.error == nil
        if outcome.code != 0, invocation.tells, !isInterrupted {
            Output.error.line("tern: (\(outcome.code)) \(outcome.message)")
        }
        do {
            if invocation.report != nil { try report(outcome) }
            try writeOut(outcome)
        } catch { if outcome.code == 0 { outcome.code = ExitCode.of(error) } }
        return outcome.code
    }

    private func exchange(_ sink: Sink, _ outcome: inout Outcome) async throws {
        let builder = RequestBuilder(invocation: invocation)
        let resumesAt = try sink.resumePoint()
        let parts = try builder.parts(for: planned.url, upload: planned.upload, resumingAt: resumesAt)
        // Where something goes on, the file is there from the start, as in curl.
        if resumesAt > 0, planned.upload == nil { try await sink.open() }
        let response = try await send(parts)
        outcome.response = response
        try sink.name(by: response)
        try await show(sink)
        let failed = response.status.code >= 400 && (invocation.fail || invocation.failWithBody)
        if failed, !invocation.failWithBody {
            response.cancel()
            throw refusal(response)
        }
        let reading = Reading(response, parts, resumesAt)
        switch try reading.verdict() {
        case .read: break
        case .skip(let status):
            response.cancel()
            outcome.status = status
            if status == nil { try await sink.open() }
            return try await sink.close()
        }
        if let limit = invocation.maxFileSize, let length = response.expectedLength, length > limit {
            response.cancel()
            throw tooLong(limit)
        }
        try await read(response, sink, &outcome)
        try await sink.close()
        if failed { throw refusal(response) }
    }

    private func read(_ response: StreamingResponse, _ sink: Sink, _ outcome: inout Outcome) async throws {
        let meter = Meter(
            response.expectedLength,
            isShown: invocation.global.showsMeter && !invocation.global.silent && !invocation.global.isParallel
                && !sink.isTerminal && Output.error.isTerminal)
        defer { meter.end(outcome.received) }
        sink.begin(response)
        try await sink.open()
        for try await chunk in response.body {
            outcome.received += Int64(chunk.count)
            if let limit = invocation.maxFileSize, outcome.received > limit {
                response.cancel()
                throw tooLong(limit)
            }
            do {
                try await sink.write(chunk)
            } catch {
                response.cancel()
                throw error
            }
            meter.show(outcome.received)
        }
    }

    private func send(_ parts: RequestBuilder.Parts) async throws -> StreamingResponse {
        let configuration = session.configuration
        let method = invocation.method == nil ? nil : parts.method
        let auth = try CurlAuth.authenticator(for: parts.url, invocation)
        let override: Session<AnyTransport>.Override = { [recorder, invocation] settings in
            settings.callMiddleware.insert(recorder, at: 0)
            // HEAD follows no redirect of its own accord; here --location says what happens.
            settings.redirects = configuration.redirects
            if let auth { settings.auth = auth }
            if parts.expectsContinue { settings.exchange.expectContinue = invocation.expectTimeout }
            if method != nil || invocation.refersToHops {
                settings.attemptMiddleware.insert(Following(method: method, refers: invocation.refersToHops), at: 0)
            }
        }
        guard invocation.pathAsIs || invocation.requestTarget != nil else {
            return try await session.stream(
                parts.method, parts.url, parts.content, headers: parts.headers, override)
        }
        var request = try session.prepare(parts.method, parts.url, parts.content, headers: parts.headers)
        request.url = try HTTPURL(parts.url, pathAsIs: invocation.pathAsIs)
        request.targetOverride = invocation.requestTarget
        return try await session.stream(request, override)
    }

    /// Writes the heads that came since the last time where they are wanted.
    private func show(_ sink: Sink) async throws {
        let text = recorder.takeHeads().map(\.text).joined()
        guard !text.isEmpty else { return }
        try heads.write(text)
        if invocation.include || invocation.isHead { try await sink.write(head: text) }
    }

    private func writeOut(_ outcome: Outcome) throws {
        guard let format = invocation.writeOut else { return }
        let facts = WriteOut.Facts(
            url: url, number: planned.number, outcome: outcome, record: recorder.record,
            start: recorder.start, elapsed: recorder.elapsed)
        try WriteOut(facts, warns: invocation.tells).write(format)
    }

    private func report(_ outcome: Outcome) throws {
        let report = ExchangeReport(
            url: planned.url, outcome: outcome, record: recorder.record, elapsed: recorder.elapsed)
        try Output.standard.write(report.json)
    }

    /// The exit code, where curl tells more apart than the kinds of errors do.
    private func code(of error: any Error) -> Int32 {
        let code = ExitCode.of(error)
        let library = (error as? HTTPError)?.transportError?.libraryCode
        switch code {
        case 6:
            // Where an HTTP proxy is used, the only name that is looked up here is the proxy's.
            guard let target = try? HTTPURL(URLText.complete(planned.url)) else { return code }
            switch session.configuration.proxies.select(target)?.kind {
            case .http, .https: return 5
            default: return code
            }
        case 7 where invocation.interface != nil:
            return library == "errno \(EADDRNOTAVAIL)" || library == "errno \(ENODEV)" ? 45 : code
        case 60:
            guard let path = invocation.cacert else { return code }
            let lines = (try? InputReader.lines(of: path)) ?? []
            return lines.contains { $0.hasPrefix("-----BEGIN ") } ? code : 77
        default: return code
        }
    }

    private func refusal(_ response: StreamingResponse) -> UsageError {
        UsageError("\(response.request): the server answered \(StatusText.of(response.status))", code: 22)
    }

    private func tooLong(_ limit: Int64) -> UsageError {
        UsageError(
            "\(URLText.shown(planned.url)): the body is longer than the \(limit) bytes of --max-filesize", code: 63)
    }
}
