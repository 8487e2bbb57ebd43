/// Where a stream stands (RFC 9113 §5.1), without the states of server push, which is never enabled.
package enum StreamState: String, CaseIterable, Sendable {
    case idle, open, halfClosedLocal, halfClosedRemote, closed

    /// What moves a stream on.
    package enum Step: String, CaseIterable, Sendable {
        case headSent, headReceived, endSent, endReceived, reset
    }

    /// The state after `step`; nil if the step is not allowed here.
    package func after(_ step: Step) -> StreamState? {
        switch (self, step) {
        case (.idle, .headSent), (.idle, .headReceived): .open
        // Informational heads, final heads and trailers.
        case (.open, .headSent), (.open, .headReceived): .open
        case (.open, .endSent): .halfClosedLocal
        case (.open, .endReceived): .halfClosedRemote
        case (.halfClosedLocal, .headReceived): .halfClosedLocal
        case (.halfClosedLocal, .endReceived): .closed
        case (.halfClosedRemote, .headSent): .halfClosedRemote
        case (.halfClosedRemote, .endSent): .closed
        case (.open, .reset), (.halfClosedLocal, .reset), (.halfClosedRemote, .reset): .closed
        // Nothing can be said of a stream that nobody opened.
        case (.idle, .endSent), (.idle, .endReceived), (.idle, .reset): nil
        case (.halfClosedLocal, .headSent), (.halfClosedLocal, .endSent): nil
        case (.halfClosedRemote, .headReceived), (.halfClosedRemote, .endReceived): nil
        case (.closed, _): nil
        }
    }

    /// Whether we may still send on it.
    package var canSend: Bool { self == .open || self == .halfClosedRemote }
    /// Whether the peer may still send on it.
    package var canReceive: Bool { self == .open || self == .halfClosedLocal }
}
