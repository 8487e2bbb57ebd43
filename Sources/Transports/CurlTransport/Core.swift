import IOLoop
import Synchronization
import TransportCore

/// The loops and drivers of a transport: kept alive by it and by the bodies that are still read.
final class Core: Sendable {
    private struct State {
        var drivers: [Driver] = []
        var isClosed = false
        var turn = 0
    }
    private let state = Mutex(State())
    private let configuration: CurlTransport.Configuration

    init(_ configuration: CurlTransport.Configuration) { self.configuration = configuration }

    deinit {
        for driver in state.withLock({ $0.drivers }) {
            // The message keeps the driver until it has closed everything.
            driver.push(.shutDown(by: Instant(nanoseconds: .min), done: { _ = driver }))
        }
    }

    /// The driver that carries `exchange`; starts the loops with the first.
    func driver(for exchange: Exchange) throws(TransportError) -> Driver {
        let driver = try state.withLock { (state) throws(TransportError) in
            guard !state.isClosed else { throw CurlTransport.closed(exchange) }
            if state.drivers.isEmpty { state.drivers = try start(exchange) }
            guard state.drivers.count > 1 else { return state.drivers.first }
            state.turn = (state.turn + 1) % state.drivers.count
            return state.drivers[state.turn]
        }
        guard let driver else { throw CurlTransport.closed(exchange) }
        return driver
    }

    private func start(_ exchange: Exchange) throws(TransportError) -> [Driver] {
        var drivers: [Driver] = []
        do {
            for number in 0..<max(1, configuration.loops) {
                drivers.append(Driver.start(on: try IOLoop.start(name: "tern-curl-\(number)"), configuration.pool))
            }
        } catch {
            for driver in drivers { driver.loop.stop() }
            throw TransportError(
                .libraryFailure, phase: .queue, retrySafety: .notSent, endpoint: exchange.route.origin.description,
                message: "starting the transport's thread: \(error)", underlying: error)
        }
        return drivers
    }

    func shutDown(by deadline: Instant?) async {
        let drivers = state.withLock { state in
            state.isClosed = true
            return state.drivers
        }
        await withDiscardingTaskGroup { group in
            for driver in drivers { group.addTask { await Core.shutDown(driver, by: deadline) } }
        }
    }

    private static func shutDown(_ driver: Driver, by deadline: Instant?) async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            if !driver.push(.shutDown(by: deadline, done: { continuation.resume() })) { continuation.resume() }
        }
    }
}
