import Tern

/// Carries out a command line: the transfers one after another, or at the same time with `--parallel`, over
/// transports and cookies that all of them share.
struct Runner {
    private let invocations: [Invocation]
    private let global: GlobalOptions
    private let shared: SharedState

    init(_ invocations: [Invocation]) {
        self.invocations = invocations
        global = invocations.first?.global ?? GlobalOptions()
        shared = SharedState()
    }

    /// The exit code, as curl has it: of the last transfer, or of one that failed with `--parallel`.
    func run() async throws -> Int32 {
        let code = try await global.isParallel ? parallel() : serial()
        for invocation in invocations { await shared.writeCookies(of: invocation) }
        await shared.close()
        return code
    }

    private func serial() async throws -> Int32 {
        var code: Int32 = 0
        for invocation in invocations {
            let operation = try await Operation(invocation, shared)
            for planned in TransferPlan(invocation: invocation) {
                if Task.isCancelled { return code }
                code = await operation.carryOut(planned)
                // Sets and ranges that cannot be read end it all.
                if case .failure = planned { return code }
                if code != 0, global.failsEarly { return code }
            }
            operation.warnOfOutputs()
        }
        return code
    }

    private func parallel() async throws -> Int32 {
        guard let meter = ParallelMeter(global) else { return try await parallel(nil) }
        // The line is drawn as long as there is something to draw.
        return try await withThrowingTaskGroup(of: Int32?.self) { group in
            group.addTask { try await parallel(meter) }
            group.addTask {
                await meter.draw()
                return nil
            }
            let code = try await group.next() ?? nil
            group.cancelAll()
            return code ?? 0
        }
    }

    private func parallel(_ meter: ParallelMeter?) async throws -> Int32 {
        var operations: [Operation] = []
        for invocation in invocations { operations.append(try await Operation(invocation, shared)) }
        let all = operations.lazy.flatMap { operation in
            TransferPlan(invocation: operation.invocation).lazy.map { (operation, $0) }
        }
        return await withTaskGroup(of: Int32.self) { group in
            var code: Int32 = 0
            var underWay = 0
            for (operation, planned) in all {
                if underWay >= global.parallelLimit, let ended = await group.next() {
                    underWay -= 1
                    if ended != 0 { code = ended }
                }
                if Task.isCancelled || code != 0 && global.failsEarly { break }
                group.addTask { await operation.carryOut(planned, meter) }
                underWay += 1
            }
            while let ended = await group.next() {
                if ended != 0 { code = ended }
                if code != 0, global.failsEarly { group.cancelAll() }
            }
            return code
        }
    }
}

/// One invocation under way: its session, and what its transfers share.
final class Operation: Sendable {
    let invocation: Invocation
    private let session: Session<AnyTransport>
    private let heads: HeadFile

    init(_ invocation: Invocation, _ shared: SharedState) async throws {
        guard !invocation.urls.isEmpty else { throw UsageError("no URL; 'tern --help' shows how it is used") }
        self.invocation = invocation
        var configuration = try await SessionSetup.configuration(invocation, shared)
        if invocation.global.verbose { configuration.hooks.append(Verbose()) }
        session = Session(transport: try shared.transport(for: invocation), configuration: configuration)
        heads = HeadFile(invocation.dumpHeader)
    }

    /// The exit code.
    func carryOut(_ planned: Result<PlannedTransfer, any Error>, _ meter: ParallelMeter? = nil) async -> Int32 {
        do {
            let transfer = Transfer(invocation, session, try planned.get(), heads)
            guard let meter else { return await SpeedWatch.run(transfer, invocation) }
            return await meter.watch(transfer) { await SpeedWatch.run(transfer, invocation) }
        } catch {
            let code = ExitCode.of(error)
            if invocation.tells { Output.error.line("tern: (\(code)) \(error)") }
            return code
        }
    }

    func warnOfOutputs() {
        if invocation.outputs.count > invocation.urls.count, invocation.tells {
            Output.error.line("tern: there are more outputs than URLs")
        }
    }
}
