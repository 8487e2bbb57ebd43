/// Datagrams that are sent together: all of one size but the last, which may be shorter.
package struct DatagramBatch {
    /// The datagrams, one behind the other, from its start.
    package var bytes: [UInt8]
    /// Bytes of all of them; what lies behind in ``bytes`` is room for others.
    package private(set) var count: Int
    /// Bytes of each; 0 if there is one.
    package private(set) var segment: Int
    /// The ECN codepoint, 0 to 3 (RFC 3168 §5).
    package private(set) var ecn: UInt8
    /// Where to; nil on a connected socket.
    package var destination: SocketAddress?
    /// Bytes that have gone.
    package internal(set) var sent = 0
    /// Whether each goes by itself, since the system does not take them together.
    var isSentSingly = false

    /// The bytes given, or none.
    package init(_ bytes: [UInt8] = [], segment: Int = 0, ecn: UInt8 = 0, to destination: SocketAddress? = nil) {
        self.bytes = bytes
        count = bytes.count
        self.segment = segment
        self.ecn = ecn
        self.destination = destination
    }

    /// Holds the first `count` bytes of ``bytes`` from now on, none of them sent.
    package mutating func fill(_ count: Int, segment: Int, ecn: UInt8) {
        self.count = min(count, bytes.count)
        self.segment = segment
        self.ecn = ecn
        sent = 0
        isSentSingly = false
    }

    /// What is left to send, as a batch of its own.
    package var rest: DatagramBatch {
        DatagramBatch(Array(bytes[min(sent, count)..<count]), segment: segment, ecn: ecn, to: destination)
    }

    /// Whether nothing is left to send.
    package var isSent: Bool { sent >= count }
}
