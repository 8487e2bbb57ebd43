internal import Wire

/// The streams of a connection, in slots that are used again: no allocation for a stream, no dictionary.
struct StreamTable {
    struct Entry {
        var id: Int32 = 0
        var state = StreamState.idle
        var marks: Marks = []
        var informational = 0
        /// Content that the owner read and that was not given back to the peer's window yet.
        var consumed: Int32 = 0
        var window: ReceiveWindow
        var limits: HTTP2StreamLimits
        var queue = SendQueue()
        /// nghttp2's code for what was wrong with the peer's message.
        var libraryCode: Int32 = 0

        var isOver: Bool { marks.contains(.closed) }
    }

    struct Marks: OptionSet {
        let rawValue: UInt16
        /// Our head is in the output.
        static let headSent = Marks(rawValue: 1 << 0)
        /// The peer's final head, or its request, was read.
        static let headReceived = Marks(rawValue: 1 << 1)
        static let resetByUs = Marks(rawValue: 1 << 2)
        static let resetByPeer = Marks(rawValue: 1 << 3)
        static let headTooLarge = Marks(rawValue: 1 << 4)
        static let tooManyInformational = Marks(rawValue: 1 << 5)
        /// `closed` is among the events.
        static let closed = Marks(rawValue: 1 << 6)
        /// The owner gave our final head to nghttp2.
        static let headSubmitted = Marks(rawValue: 1 << 7)
        /// The peer's message is malformed in a way that nghttp2 lets pass.
        static let faulty = Marks(rawValue: 1 << 9)
        /// Nothing more is told of the peer's message.
        static let silenced: Marks = [.resetByUs, .closed, .faulty, .tooManyInformational]
        /// The message of ours has content.
        static let hasSource = Marks(rawValue: 1 << 8)
    }

    private(set) var entries: ContiguousArray<Entry> = []
    private var free: ContiguousArray<Int32> = []
    /// Streams that are not over.
    private(set) var openCount = 0
    /// Streams that are to be reset, for what nghttp2 lets pass and we do not.
    var faulty: [Int32] = []

    /// Takes a slot.
    mutating func open(id: Int32, window: ReceiveWindow, limits: HTTP2StreamLimits) -> Int32 {
        openCount += 1
        if let slot = free.popLast() {
            entries[Int(slot)] = Entry(id: id, window: window, limits: limits)
            return slot
        }
        entries.append(Entry(id: id, window: window, limits: limits))
        return Int32(entries.count - 1)
    }

    /// The stream got its identifier: we opened it.
    mutating func opened(_ slot: Int32, id: Int32, hasContent: Bool) {
        entries[Int(slot)].id = id
        entries[Int(slot)].state = .open
        if hasContent { entries[Int(slot)].marks.insert(.hasSource) }
    }

    /// The stream was never opened.
    mutating func discard(_ slot: Int32) {
        openCount -= 1
        free.append(slot)
    }

    /// The entry at a slot that the table itself gave out.
    subscript(slot: Int32) -> Entry {
        @inline(__always) get { entries[Int(slot)] }
        @inline(__always) _modify { yield &entries[Int(slot)] }
    }

    /// Whether the handle's stream is still in its slot.
    func holds(_ stream: HTTP2Stream) -> Bool {
        stream.slot >= 0 && Int(stream.slot) < entries.count && entries[Int(stream.slot)].id == stream.id
            && stream.id != 0
    }

    func contains(slot: Int32) -> Bool { slot >= 0 && Int(slot) < entries.count }

    func handle(_ slot: Int32) -> HTTP2Stream { HTTP2Stream(id: entries[Int(slot)].id, slot: slot) }

    /// The slot of a stream that nghttp2 no longer knows; looks at all of them.
    func slot(ofID id: Int32) -> Int32? {
        entries.firstIndex { $0.id == id }.map { Int32($0) }
    }

    /// Marks the stream as over; it keeps its slot until ``release(_:)``.
    mutating func close(_ slot: Int32) {
        guard !entries[Int(slot)].isOver else { return }
        entries[Int(slot)].marks.insert(.closed)
        entries[Int(slot)].state = .closed
        openCount -= 1
    }

    /// Gives the slot back.
    mutating func release(_ stream: HTTP2Stream) {
        guard holds(stream) else { return }
        if !entries[Int(stream.slot)].isOver { openCount -= 1 }
        entries[Int(stream.slot)].id = 0
        entries[Int(stream.slot)].queue = SendQueue()
        free.append(stream.slot)
    }

    /// Slots in use by streams that are not over.
    var openSlots: [Int32] {
        entries.indices.filter { entries[$0].id != 0 && !entries[$0].isOver }.map { Int32($0) }
    }
}
