import Glibc
import Tern

/// One URL of the command line: the request, where its answer goes, and what is told about it.
struct Transfer {
    private let invocation: Invocation
    private let session: Session<AnyTransport>
    private let url: String
    private let number: Int
    private let choice: OutputChoice?
    private let heads: HeadFile
    private let recorder = Recorder()

    init(
        _ invocation: Invocation, _ session: Session<AnyTransport>, url: String, number: Int, _ choice: OutputChoice?,
        _ heads: HeadFile
    ) {
        self.invocation = invocation
        self.session = session
        self.url = url
        self.number = number
        self.choice = choice
        self.heads = heads
    }

    /// What came of it, for `--write-out`.
    struct Outcome {
        var response: StreamingResponse?
        var received: Int64 = 0
        var path: String?
        var code: Int32 = 0
        var message = ""
    }

    /// The exit code.
    func run() async -> Int32 {
        var outcome = Outcome()
        do {
            let sink = try Sink(choice, for: url, invocation)
            outcome.path = sink.path
            do {
                try await exchange(sink, &outcome)
            } catch {
                // What came before the failure is worth seeing: the redirects of a loop, the head of a refusal.
                try? await show(sink)
                try? await sink.close()
                throw error
            }
        } catch {
            outcome.code = code(of: error)
            outcome.message = "\(error)"
        }
        if invocation.timeline {
            Output.error.line(Timelines.text(recorder.record.steps, end: recorder.elapsed))
        }
        if outcome.code != 0, invocation.tells, !Task.isCancelled {
            Output.error.line("tern: (\(outcome.code)) \(outcome.message)")
        }
        do { try writeOut(outcome) } catch { if outcome.code == 0 { outcome.code = ExitCode.of(error) } }
        return outcome.code
    }

    private func exchange(_ sink: Sink, _ outcome: inout Outcome) async throws {
        let response = try await send()
        outcome.response = response
        try await show(sink)
        let failed = response.status.code >= 400 && (invocation.fail || invocation.failWithBody)
        if failed, !invocation.failWithBody {
            response.cancel()
            throw refusal(response)
        }
        if let limit = invocation.maxFileSize, let length = response.expectedLength, length > limit {
            response.cancel()
            throw tooLong(limit)
        }
        let meter = Meter(
            response.expectedLength,
            isShown: invocation.showsMeter && !invocation.silent && !sink.isTerminal && Output.error.isTerminal)
        defer { meter.end(outcome.received) }
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
        try await sink.close()
        if failed { throw refusal(response) }
    }

    private func send() async throws -> StreamingResponse {
        let parts = try RequestBuilder(invocation: invocation).parts(for: url)
        let configuration = session.configuration
        let method = invocation.method == nil ? nil : parts.method
        let override: Session<AnyTransport>.Override = { [recorder, invocation] settings in
            settings.callMiddleware.insert(recorder, at: 0)
            // HEAD follows no redirect of its own accord; here --location says what happens.
            settings.redirects = configuration.redirects
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
        try await heads.write(text)
        if invocation.include || invocation.isHead { try await sink.write(head: text) }
    }

    private func writeOut(_ outcome: Outcome) throws {
        guard let format = invocation.writeOut else { return }
        let facts = WriteOut.Facts(
            url: url, number: number, outcome: outcome, record: recorder.record, elapsed: recorder.elapsed)
        try WriteOut(facts, warns: invocation.tells).write(format)
    }

    /// The exit code, where curl tells more apart than the kinds of errors do.
    private func code(of error: any Error) -> Int32 {
        let code = ExitCode.of(error)
        let library = (error as? HTTPError)?.transportError?.libraryCode
        switch code {
        case 6:
            // Where an HTTP proxy is used, the only name that is looked up here is the proxy's.
            guard let target = try? HTTPURL(URLText.complete(url)) else { return code }
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
        UsageError("\(URLText.shown(url)): the body is longer than the \(limit) bytes of --max-filesize", code: 63)
    }
}
