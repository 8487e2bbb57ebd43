internal import HTTPTypes

/// The request streams of a connection, in slots that are used again: no allocation for a stream, no dictionary.
struct HTTP3Streams {
    struct Entry {
        var id: Int64 = -1
        var marks: Marks = []
        var informational = 0
        var queue = ContentQueue()
        /// The trailer section, until the message's end is seen.
        var trailers: HTTPFields?
        /// Bytes of the chunk that is growing, and of the one before: what the next may need.
        var chunk = 0
        var lastChunk = 0

        /// Whether nothing more is told of the stream.
        var isOver: Bool { marks.contains(.closed) }
    }

    struct Marks: OptionSet {
        let rawValue: UInt16
        /// Bytes of our head were handed out.
        static let sent = Marks(rawValue: 1 << 0)
        /// All of our message was handed out.
        static let endSent = Marks(rawValue: 1 << 1)
        /// The peer's final head, or its request, was read.
        static let headReceived = Marks(rawValue: 1 << 2)
        static let endReceived = Marks(rawValue: 1 << 3)
        /// The peer wants no more of our content.
        static let stopped = Marks(rawValue: 1 << 4)
        /// We want no more of the peer's.
        static let readStopped = Marks(rawValue: 1 << 5)
        static let headTooLarge = Marks(rawValue: 1 << 6)
        static let tooManyInformational = Marks(rawValue: 1 << 7)
        /// The message of ours has content.
        static let hasSource = Marks(rawValue: 1 << 8)
        /// The owner gave our final head.
        static let headSubmitted = Marks(rawValue: 1 << 9)
        /// `closed` is among the events.
        static let closed = Marks(rawValue: 1 << 10)
        /// `closed` was taken.
        static let closedTaken = Marks(rawValue: 1 << 11)
        /// C has nothing left of it.
        static let gone = Marks(rawValue: 1 << 12)
    }

    private var entries: ContiguousArray<Entry> = []
    private var free: ContiguousArray<Int32> = []
    /// Streams that are not over.
    private(set) var openCount = 0

    /// Takes a slot.
    mutating func open(id: Int64) -> Int32 {
        openCount += 1
        guard let slot = free.popLast() else {
            entries.append(Entry(id: id))
            return Int32(entries.count - 1)
        }
        entries[Int(slot)] = Entry(id: id)
        return slot
    }

    /// The stream got its identifier.
    mutating func opened(_ slot: Int32, id: Int64) { entries[Int(slot)].id = id }

    /// The stream was never opened.
    mutating func discard(_ slot: Int32) {
        openCount -= 1
        entries[Int(slot)] = Entry()
        free.append(slot)
    }

    /// The entry at a slot that the table itself gave out.
    subscript(slot: Int32) -> Entry {
        @inline(__always) _read { yield entries[Int(slot)] }
        @inline(__always) _modify { yield &entries[Int(slot)] }
    }

    /// Whether the handle's stream is still in its slot.
    func holds(_ stream: HTTP3Stream) -> Bool {
        stream.slot >= 0 && Int(stream.slot) < entries.count && entries[Int(stream.slot)].id == stream.id
            && stream.id >= 0
    }

    @inline(__always)
    func contains(_ slot: Int32) -> Bool { slot >= 0 && Int(slot) < entries.count }

    @inline(__always)
    func handle(_ slot: Int32) -> HTTP3Stream { HTTP3Stream(id: entries[Int(slot)].id, slot: slot) }

    /// Marks the stream as over; it keeps its slot.
    mutating func close(_ slot: Int32) {
        guard !entries[Int(slot)].isOver else { return }
        entries[Int(slot)].marks.insert(.closed)
        entries[Int(slot)].queue.clear()
        openCount -= 1
    }

    /// Something that the slot waits for came: it is given back when C has let go of it and the owner knows its end.
    mutating func release(_ slot: Int32, _ reason: Marks) {
        guard contains(slot), entries[Int(slot)].id >= 0 else { return }
        entries[Int(slot)].marks.insert(reason)
        guard entries[Int(slot)].marks.isSuperset(of: [.gone, .closedTaken]) else { return }
        entries[Int(slot)] = Entry()
        free.append(slot)
    }

    /// Slots of streams that are not over.
    var openSlots: [Int32] {
        entries.indices.filter { entries[$0].id >= 0 && !entries[$0].isOver }.map { Int32($0) }
    }

    /// Slots of all streams that C may still know.
    var heldSlots: [Int32] {
        entries.indices.filter { entries[$0].id >= 0 && !entries[$0].marks.contains(.gone) }.map { Int32($0) }
    }
}
