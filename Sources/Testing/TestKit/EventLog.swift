import Synchronization
package import TransportCore

/// Keeps the events of an exchange.
package final class EventLog: Sendable {
    private let kept = Mutex<[ExchangeEvent]>([])

    package init() {}

    /// What an exchange is given as its `onEvent`.
    package var sink: @Sendable (borrowing ExchangeEvent) -> Void {
        { event in
            let copy = ExchangeEvent(event.kind, at: event.at)
            self.kept.withLock { $0.append(copy) }
        }
    }

    package var all: [ExchangeEvent] { kept.withLock { $0 } }

    /// The names of the phases, repeated ones once.
    package var phases: [String] { all.map(\.phase).reduce(into: []) { if $0.last != $1 { $0.append($1) } } }
}
