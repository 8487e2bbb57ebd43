extension Call {
    /// Runs what the caller has put into the chain and what may wait, an authenticator or a hook, within the time of
    /// the call: at the deadline it is cancelled, and the call ends with ``TransportError/Code/totalTimeout``. Without
    /// a deadline it costs nothing.
    func withinDeadline<Value: Sendable>(
        _ who: String, _ operation: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        guard let deadline else { return try await operation() }
        guard clock.now < deadline else { throw outOfTime(who) }
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await operation() }
            group.addTask { [clock] in
                try await clock.sleep(until: deadline)
                return nil
            }
            defer { group.cancelAll() }
            guard let value = try await group.next() ?? nil else { throw outOfTime(who) }
            return value
        }
    }

    /// Runs it, and makes an error of a transport that comes out an error of the chain: it must not look like this
    /// call's own, and be retried or answered.
    func asMiddleware<Value>(_ operation: () async throws -> Value) async throws -> Value {
        do {
            return try await operation()
        } catch let error as TransportError {
            throw failure(.middleware(error))
        }
    }

    private func outOfTime(_ who: String) -> HTTPError {
        failure(
            .transport(
                TransportError(
                    .totalTimeout, phase: .queue, retrySafety: .notSent, endpoint: url.origin.description,
                    message: "\(request): the call's time ran out while \(who) was at work",
                    elapsed: start.duration(to: clock.now))))
    }
}
