import Synchronization
package import TransportCore

/// What happened while a connection was opened, and when: told to the exchanges that waited for it.
package struct OpeningHistory {
    private var events: [ExchangeEvent] = []

    package init() {}

    package mutating func note(_ kind: ExchangeEvent.Kind, at now: Instant) {
        events.append(ExchangeEvent(kind, at: now))
    }

    package func tell(_ exchange: OngoingExchange) {
        guard let onEvent = exchange.exchange.onEvent else { return }
        for event in events { onEvent(event) }
    }
}

/// Numbers for connections (``ConnectionInfo/id``).
package enum ConnectionNumber {
    private static let last = Atomic<UInt64>(0)

    /// A number that no other connection of the process has.
    package static func next() -> UInt64 { last.wrappingAdd(1, ordering: .relaxed).newValue }
}
