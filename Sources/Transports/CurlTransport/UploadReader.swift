import Driving
import TransportCore

/// Gives a streamed body to libcurl in pieces of the size that it asks for. Used on the loop.
final class UploadReader {
    /// What there is.
    enum Found {
        case bytes(Int)
        /// Nothing now; the driver is told when there is.
        case nothing
        case end
        case failed(any Error)
        /// The stream has another length than was declared: so many bytes, or more.
        case wrongLength(Int64)
    }

    private let pump: UploadPump
    private let declared: Int64?
    private var chunk: [UInt8] = []
    private var offset = 0
    private var total: Int64 = 0
    private var hasEnded = false
    /// The trailers that the reader found out; none until it has ended.
    private(set) var trailers = HTTPFields.none

    init(_ pump: UploadPump, declared: Int64?) {
        self.pump = pump
        self.declared = declared
    }

    /// Moves bytes into `room`.
    ///
    /// The last byte of a declared length is held back until the stream has ended, so that libcurl, which stops to ask
    /// when it has them all, never ends a body that is longer than it says.
    @unsafe
    func fill(_ room: UnsafeMutableRawBufferPointer) -> Found {
        pump.start()
        var done = 0
        while done < room.count {
            let isHeldBack = !hasEnded && total == declared
            if !hasEnded, offset == chunk.count || isHeldBack {
                switch pump.next() {
                case .chunk(let next):
                    total += Int64(next.count)
                    if let declared, total > declared { return .wrongLength(total) }
                    chunk = next
                    offset = 0
                    continue
                case .end(let found):
                    hasEnded = true
                    trailers = found
                    if let declared, total != declared { return .wrongLength(total) }
                    continue
                case .failed(let error): return .failed(error)
                case .nothing: break
                }
            }
            let count = min(room.count - done, chunk.count - offset - (isHeldBack ? 1 : 0))
            guard count > 0 else { break }
            unsafe chunk.withUnsafeBytes { bytes in
                unsafe UnsafeMutableRawBufferPointer(rebasing: room[done..<(done + count)])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + count)]))
            }
            done += count
            offset += count
        }
        if done > 0 { return .bytes(done) }
        return hasEnded ? .end : .nothing
    }
}
