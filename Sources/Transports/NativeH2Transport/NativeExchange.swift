import Driving
import HTTP2Engine
import Pooling
import TransportCore

/// One exchange of this transport: what its route and its connection need to know of it. Used on the loop.
final class NativeExchange: OngoingExchange, @unchecked Sendable {
    var ticket: WaiterTicket?
    var route: RouteState?
    var carrier: Carrier?
    /// Its stream on an HTTP/2 connection.
    var stream: HTTP2Stream?
    /// Bytes that count as read, and that the reader is yet to take.
    var prepaid = 0

    override func begin(on driver: ExchangeDriver) {
        guard let driver = driver as? Driver else { return }
        let route = driver.routeState(for: exchange.route)
        self.route = route
        route.enqueue(self)
    }

    override func leave() {
        if let ticket { route?.withdraw(self, ticket) }
        carrier?.finished(self)
        carrier = nil
        route = nil
    }

    override func drained() {
        var count = takeReported()
        let paid = min(count, prepaid)
        prepaid -= paid
        count -= paid
        carrier?.consumed(count, by: self)
    }

    override func keptBody(_ count: Int) {
        prepaid += count
        carrier?.consumed(count, by: self)
    }

    override func delivered() { carrier?.delivered(self) }

    override func feedUpload() { carrier?.feedUpload(of: self) }

    override func hasTimedOut() { carrier?.suspect(since: since) }

    override var awaited: (phase: TransportError.Phase, since: Instant) {
        guard let opening = route?.leadingOpening else { return (.queue, since) }
        return (opening.phase, opening.phaseSince)
    }
}
