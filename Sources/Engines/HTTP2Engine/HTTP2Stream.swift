/// Names a stream of one connection.
///
/// `slot` is small and used again after the stream's ``HTTP2Event/closed(_:_:)`` was taken, so that a driver keeps
/// its exchanges in an array beside the engine's. A handle that outlived its stream is harmless: calls with it throw
/// or do nothing.
package struct HTTP2Stream: Hashable, Sendable {
    /// The identifier on the wire (RFC 9113 §5.1.1).
    package let id: Int32
    /// The place in the engine's table, from nought.
    package let slot: Int32

    package init(id: Int32, slot: Int32) {
        self.id = id
        self.slot = slot
    }
}
