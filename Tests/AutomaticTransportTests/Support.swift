import Synchronization
import TransportCore

/// The notes of exchanges.
final class Notes: Sendable {
    private let notes = Mutex<[String]>([])

    var all: [String] { notes.withLock { $0 } }

    func observe(_ event: borrowing ExchangeEvent) {
        guard case .note(let text) = event.kind else { return }
        notes.withLock { $0.append(text) }
    }
}
