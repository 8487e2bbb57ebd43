import Glibc
import Synchronization
import Threads

/// Writes a file, piece by piece, in the order of the calls: one call after the other, please.
///
/// The writes block threads of their own. A write that has begun is seen through when the task is cancelled, so that
/// nothing is written to the file after a call has returned. Dropping the writer closes the file.
package final class FileWriter: Sendable {
    /// What becomes of a file that is there.
    package enum Mode: Sendable, Hashable {
        /// It is an error; also if the name is a dangling link.
        case create
        /// It is emptied.
        case truncate
        /// It is kept, and added to.
        case append
    }

    private let path: String
    private let file: Mutex<OpenFile?>
    /// The length of the file when it was opened, in bytes: where `append` goes on.
    package let initialLength: Int64

    /// Opens the file at `path`, or makes it, with the rights that the umask leaves.
    package init(_ path: String, _ mode: Mode) async throws(FileError) {
        let (file, length) = try await FileWriter.run(path, "opening") { () throws(FileError) in
            let file = try OpenFile(path, flags: O_WRONLY | O_CREAT | mode.flags)
            return (file, try file.length())
        }
        self.path = path
        self.file = Mutex(file)
        initialLength = length
    }

    /// Writes all of `bytes`.
    package func write(_ bytes: [UInt8]) async throws(FileError) {
        guard let file = file.withLock({ $0 }) else {
            throw FileError(.closed, path, "writing \(path): it was closed before")
        }
        try await FileWriter.run(path, "writing") { () throws(FileError) in try file.write(bytes) }
    }

    /// Closes the file, and tells what the system finds wrong only then. A second call does nothing.
    package func close() async throws(FileError) {
        let file = file.withLock { file in
            defer { file = nil }
            return file
        }
        guard let file else { return }
        try await FileWriter.run(path, "closing") { () throws(FileError) in try file.flush() }
    }

    private static func run<Value: Sendable>(
        _ path: String, _ attempt: String, _ work: @escaping @Sendable () throws(FileError) -> Value
    ) async throws(FileError) -> Value {
        let result: Result<Value, FileError>
        do throws(ThreadError) {
            result = try await OpenFile.threads.finish { Result { () throws(FileError) in try work() } }
        } catch {
            throw FileError(.failed, path, "\(attempt) \(path): \(error)")
        }
        return try result.get()
    }
}

extension FileWriter.Mode {
    fileprivate var flags: Int32 {
        switch self {
        case .create: O_EXCL
        case .truncate: O_TRUNC
        case .append: O_APPEND
        }
    }
}
