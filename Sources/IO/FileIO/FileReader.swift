import Glibc
import Threads
package import TransportCore

/// Reads a part of a file as a body. Opened at the first read; at most one chunk of it is in memory.
///
/// The reads block threads of their own. Cancelling the task ends `next` at once with `CancellationError`.
package struct FileReader: BodyReader, Sendable {
    private let slice: FileSlice
    private var file: OpenFile?
    private var given: Int64 = 0

    /// Bytes read at once: large enough that the change of thread (some 10 µs) is small beside the copying.
    private static let chunk: Int64 = 256 * 1024

    /// A reader at the start of `slice`.
    package init(_ slice: FileSlice) { self.slice = slice }

    /// The next bytes; nil when all of the slice was given. Throws ``FileError``; one that `isTooShort` if the file ends
    /// before the slice does.
    package mutating func next() async throws -> [UInt8]? {
        let (slice, opened, given) = (slice, file, given)
        guard given < slice.length else {
            file = nil
            return nil
        }
        let result: Result<(OpenFile, [UInt8]), FileError>
        do throws(BlockingError) {
            result = try await OpenFile.threads.run {
                Result { () throws(FileError) in try FileReader.read(slice, from: opened, given: given) }
            }
        } catch {
            switch error {
            case .cancelled: throw CancellationError()
            case .noThread(let reason): throw FileError(.failed, slice.path, "reading \(slice.path): \(reason)")
            }
        }
        let (file, bytes) = try result.get()
        self.file = file
        self.given += Int64(bytes.count)
        return bytes
    }

    private static func read(
        _ slice: FileSlice, from opened: OpenFile?, given: Int64
    ) throws(FileError) -> (OpenFile, [UInt8]) {
        // O_NONBLOCK means nothing to a regular file, and keeps a pipe that nobody writes from holding the thread.
        let file = if let opened { opened } else { try OpenFile(slice.path, flags: O_RDONLY | O_NONBLOCK) }
        let bytes = try file.read(Int(min(chunk, slice.length - given)), at: slice.offset &+ given)
        guard !bytes.isEmpty else {
            throw FileError(
                .tooShort, slice.path,
                "reading \(slice.length) bytes at \(slice.offset) of \(slice.path): it ended after \(given) of them")
        }
        return (file, bytes)
    }
}
