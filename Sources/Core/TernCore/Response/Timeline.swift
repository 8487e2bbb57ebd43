import Synchronization

/// What happened to a call, and when: the phases of its exchanges, with times from the start of the call. A call
/// that is redirected or retried begins anew with `queued` each time.
public struct Timeline: Sendable, Hashable, CustomStringConvertible {
    /// The phases, in the order in which they were reached.
    public internal(set) var entries: [Entry] = []

    /// A phase that was reached.
    public struct Entry: Sendable, Hashable {
        /// Its name: ``ExchangeEvent/phase``.
        public var phase: String
        /// Since the call began.
        public var at: Duration
        /// What is known besides: the addresses, the connection, the status.
        public var detail: String
    }

    /// Since the call began, when `phase` was reached for the first time.
    public func time(of phase: String) -> Duration? { entries.first { $0.phase == phase }?.at }

    /// A table: times in milliseconds, phases, details.
    public var description: String {
        let width = entries.map(\.phase.count).max() ?? 0
        return entries.map { entry in
            let tenths = Int64((entry.at.milliseconds * 10).rounded())
            let time = "\(tenths / 10).\(abs(tenths % 10))"
            let padding = String(repeating: " ", count: max(0, 9 - time.count))
            let line = "\(padding)\(time) ms  \(entry.phase)"
            guard !entry.detail.isEmpty else { return line }
            return line + String(repeating: " ", count: width - entry.phase.count) + "  " + entry.detail
        }.joined(separator: "\n")
    }

    mutating func add(_ event: borrowing ExchangeEvent, since start: Instant) {
        let entry = Entry(phase: event.phase, at: start.duration(to: event.at), detail: Timeline.detail(of: event.kind))
        // Progress comes often: the first time stands, with the newest figures.
        switch event.kind {
        case .uploadProgress, .downloadProgress:
            if let index = entries.indices.last, entries[index].phase == entry.phase {
                entries[index].detail = entry.detail
                return
            }
        default: break
        }
        entries.append(entry)
    }

    private static func detail(of kind: ExchangeEvent.Kind) -> String {
        switch kind {
        case .queued, .connected, .tlsDone, .requestSent: ""
        case .resolved(let addresses): addresses.map(\.description).joined(separator: ", ")
        case .ready(let connection, let reused): reused ? "\(connection), reused" : "\(connection)"
        case .uploadProgress(let bytes, let total), .downloadProgress(let bytes, let total):
            total.map { "\(bytes) of \($0) bytes" } ?? "\(bytes) bytes"
        case .informational(let response), .head(let response): response.status.text
        case .done(let trailers): trailers.isEmpty ? "" : "\(trailers.count) trailers"
        case .note(let text): text
        }
    }
}

/// Writes the timeline of one call, on the transport's thread.
final class TimelineRecorder: Sendable {
    private let timeline = Mutex(Timeline())
    private let start: Instant

    init(from start: Instant) { self.start = start }

    var current: Timeline { timeline.withLock { $0 } }

    func record(_ event: borrowing ExchangeEvent) {
        // A closure cannot take a borrowed parameter along.
        let copy = copy event
        timeline.withLock { $0.add(copy, since: start) }
    }
}
