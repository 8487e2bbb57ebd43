package import IOLoop
import Synchronization
package import TransportCore

/// The loops and drivers of one transport: started by its first exchange, kept alive by it and by the bodies that are
/// still read. Dropping it without a shutdown closes everything and ends the threads.
package final class LoopOwner: Sendable {
    private struct State {
        var drivers: [ExchangeDriver] = []
        var isClosed = false
        var turn = 0
    }
    private let state = Mutex(State())
    private let name: String
    private let loops: Int
    private let makeDriver: @Sendable (IOLoop) -> ExchangeDriver

    /// An owner of `loops` loops, at least one, whose threads are called `name-0` and so on. `makeDriver` gives the
    /// driver of a loop.
    package init(name: String, loops: Int, makeDriver: @escaping @Sendable (IOLoop) -> ExchangeDriver) {
        self.name = name
        self.loops = max(1, loops)
        self.makeDriver = makeDriver
    }

    deinit {
        for driver in state.withLock({ $0.drivers }) { driver.abandon() }
    }

    /// The driver that carries `exchange`; starts the loops with the first.
    package func driver(for exchange: Exchange) throws(TransportError) -> ExchangeDriver {
        let driver = try state.withLock { (state) throws(TransportError) in
            guard !state.isClosed else { throw exchange.closed }
            if state.drivers.isEmpty { state.drivers = try start(exchange) }
            guard state.drivers.count > 1 else { return state.drivers.first }
            state.turn = (state.turn + 1) % state.drivers.count
            return state.drivers[state.turn]
        }
        guard let driver else { throw exchange.closed }
        return driver
    }

    private func start(_ exchange: Exchange) throws(TransportError) -> [ExchangeDriver] {
        var drivers: [ExchangeDriver] = []
        do {
            for number in 0..<loops {
                let driver = makeDriver(try IOLoop.start(name: "\(name)-\(number)"))
                driver.run()
                drivers.append(driver)
            }
        } catch {
            for driver in drivers { driver.abandon() }
            throw TransportError(
                .libraryFailure, phase: .queue, retrySafety: .notSent, endpoint: exchange.route.origin.description,
                message: "starting the transport's thread: \(error)", underlying: error)
        }
        return drivers
    }

    /// Refuses new exchanges, lets those under way end, cancels what is left at `deadline`, closes everything.
    package func shutDown(by deadline: Instant?) async {
        let drivers = state.withLock { state in
            state.isClosed = true
            return state.drivers
        }
        await withDiscardingTaskGroup { group in
            for driver in drivers { group.addTask { await driver.shutDown(by: deadline) } }
        }
    }
}

extension Exchange {
    /// The error of an exchange that comes after the shutdown.
    package var closed: TransportError {
        TransportError(
            .closed, phase: .queue, retrySafety: .notSent, endpoint: route.origin.description,
            message: "\(request.method.rawValue) \(route.origin): the transport was shut down")
    }

    /// The error of an exchange that asks for what the transport cannot do.
    package func unsupported(_ reason: String) -> TransportError {
        TransportError(
            .unsupported, phase: .queue, retrySafety: .notSent, endpoint: route.origin.description,
            message: "\(request.method.rawValue) \(route.origin) over \(route.connect.protocols): \(reason)")
    }
}
