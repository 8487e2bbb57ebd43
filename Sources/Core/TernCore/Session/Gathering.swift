/// Many requests at once, no more than so many under way at a time.
///
/// Each has a result of its own: one that fails leaves the others alone. Cancelling the task cancels all; those that
/// have not begun end in ``HTTPError/Kind/cancelled``.
extension Session {
    /// Sends GETs, 10 at a time if nothing else is said, and gives their results in the order of `urls`.
    public func gather(
        _ urls: [String], concurrency: Int = 10, timeout: Duration? = nil
    ) async -> [Result<Response, HTTPError>] {
        await gather(urls, concurrency: concurrency) { (session, url) async throws(HTTPError) -> Response in
            try await session.get(url, timeout: timeout)
        }
    }

    /// Sends `requests` as they are, and gives their results in order.
    public func gather(
        _ requests: [Request], concurrency: Int = 10, timeout: Duration? = nil
    ) async -> [Result<Response, HTTPError>] {
        await gather(requests, concurrency: concurrency) { (session, request) async throws(HTTPError) -> Response in
            try await session.send(request, timeout: timeout)
        }
    }

    /// Does `work` with each of `inputs`, and gives what it gives in the order of the inputs.
    public func gather<Input: Sendable, Value: Sendable>(
        _ inputs: [Input], concurrency: Int = 10,
        _ work: @escaping @Sendable (Session, Input) async throws(HTTPError) -> Value
    ) async -> [Result<Value, HTTPError>] {
        var results = [Result<Value, HTTPError>?](repeating: nil, count: inputs.count)
        await gather(inputs, concurrency: concurrency, work) { index, result in results[index] = result }
        return results.compactMap(\.self)
    }

    /// Does `work` with each of `inputs`, and hands over what it gives as each is done.
    ///
    /// - Parameter finished: called on the caller's task, one after the other, with the place of the input in `inputs`.
    public func gather<Input: Sendable, Value: Sendable>(
        _ inputs: [Input], concurrency: Int = 10,
        _ work: @escaping @Sendable (Session, Input) async throws(HTTPError) -> Value,
        finished: (_ index: Int, _ result: Result<Value, HTTPError>) -> Void
    ) async {
        typealias Finished = (index: Int, result: Result<Value, HTTPError>)
        await withTaskGroup(of: Finished.self) { group in
            var started = 0
            var underWay = 0
            while true {
                while underWay < max(1, concurrency), started < inputs.count {
                    let (index, input) = (started, inputs[started])
                    group.addTask { await (index, self.outcome(of: input, work)) }
                    started += 1
                    underWay += 1
                }
                guard let next = await group.next() else { return }
                underWay -= 1
                finished(next.index, next.result)
            }
        }
    }

    private func outcome<Input: Sendable, Value: Sendable>(
        of input: Input, _ work: @Sendable (Session, Input) async throws(HTTPError) -> Value
    ) async -> Result<Value, HTTPError> {
        do throws(HTTPError) {
            return .success(try await work(self, input))
        } catch {
            return .failure(error)
        }
    }
}

/// Makes a session over `transport`, closes both when `body` is done, however it ends, and gives what it gives.
///
/// - Parameter grace: how long calls under way may take to end; what is left then is cancelled.
public func withSession<T: Transport, Value>(
    owning transport: T, configuration: SessionConfiguration = SessionConfiguration(), grace: Duration = .seconds(5),
    _ body: (Session<T>) async throws -> Value
) async throws -> Value {
    let session = Session(owning: transport, configuration: configuration)
    let result: Result<Value, any Error>
    do {
        result = .success(try await body(session))
    } catch {
        result = .failure(error)
    }
    await session.close(by: configuration.clock.now.advanced(by: grace))
    return try result.get()
}
