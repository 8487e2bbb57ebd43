/// How far the exchange on a connection has come, seen from either end (RFC 9112 §9).
///
/// Both roles use it: what one end sends is what the other receives, and the order is the same.
package enum ExchangeState: String, CaseIterable, Sendable {
    /// No exchange is under way.
    case idle
    /// The request's head is through, its body is not, and no final response has begun.
    case requesting
    /// The request is complete, and no final response has begun.
    case awaiting
    /// The final response has begun before the request was complete; both bodies are under way.
    case duplex
    /// The request is complete, the response's body is under way.
    case responding
    /// The response is complete, the request's body is not.
    case draining
    /// Both are complete: now the connection is used again, or closed.
    case complete
    /// The connection carries another protocol, or a tunnel.
    case switched
    /// Nothing more is read or written.
    case closed

    /// What moves an exchange on.
    package enum Event: String, CaseIterable, Sendable {
        case requestHead, requestEnd, informational, responseHead, responseEnd, switched, renewed, closed
    }

    /// The state after `event`; nil where the event cannot happen.
    package func after(_ event: Event) -> ExchangeState? {
        switch (self, event) {
        case (.idle, .requestHead): .requesting
        case (.requesting, .requestEnd): .awaiting
        case (.duplex, .requestEnd): .responding
        case (.draining, .requestEnd): .complete
        case (.requesting, .informational), (.awaiting, .informational): self
        case (.requesting, .responseHead): .duplex
        case (.awaiting, .responseHead): .responding
        case (.duplex, .responseEnd): .draining
        case (.responding, .responseEnd): .complete
        // A protocol is switched when the request is complete (RFC 9110 §7.8, §9.3.6).
        case (.awaiting, .switched): .switched
        case (.complete, .renewed): .idle
        case (_, .closed): .closed
        default: nil
        }
    }
}
