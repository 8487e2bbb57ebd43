import Glibc
import Threads

/// Small files that are read and written as a whole: cookies, saved state.
///
/// The calls block threads of their own. What has begun is seen through when the task is cancelled.
package enum WholeFile {
    /// The longest file that is read: 64 MiB. Whoever has more has something else there.
    package static let limit: Int64 = 64 * 1024 * 1024

    /// All bytes of the regular file at `path`.
    package static func read(_ path: String) async throws(FileError) -> [UInt8] {
        try await run(path, "reading") { () throws(FileError) in
            let file = try OpenFile(path, flags: O_RDONLY | O_NONBLOCK)
            let length = try file.length()
            guard length <= limit else {
                throw FileError(.failed, path, "reading \(path): its \(length) bytes are more than \(limit)")
            }
            var bytes: [UInt8] = []
            // Read to the end, and not as far as the length says: files below /proc have none.
            while Int64(bytes.count) <= limit {
                let chunk = try file.read(64 * 1024, at: Int64(bytes.count))
                if chunk.isEmpty { return bytes }
                bytes += chunk
            }
            throw FileError(.failed, path, "reading \(path): it is longer than \(limit) bytes")
        }
    }

    /// Puts `bytes` in place of what is at `path`, all or nothing: they are written beside it, brought to the disk, and
    /// given its name. Whoever reads meanwhile sees the old file or the new one, and after a failure the old one is
    /// there as it was.
    ///
    /// A new file is for its owner alone, since such files hold secrets; one that is there keeps its rights. A symbolic
    /// link stays one. What is no regular file, `/dev/null` say, is written to.
    package static func replace(_ path: String, with bytes: [UInt8]) async throws(FileError) {
        try await run(path, "writing") { () throws(FileError) in
            try FileError.check(path)
            let target = resolved(path)
            var status = stat()
            let isThere = unsafe stat(target, &status) == 0
            if isThere, status.st_mode & S_IFMT != S_IFREG {
                return try OpenFile(target, flags: O_WRONLY).write(bytes)
            }
            let beside = "\(target).\(getpid()).\(UInt32.random(in: 0 ... .max)).tmp"
            do throws(FileError) {
                let file = try OpenFile(beside, flags: O_WRONLY | O_CREAT | O_EXCL, rights: 0o600)
                if isThere { try file.setRights(status.st_mode & 0o7777) }
                try file.write(bytes)
                try file.synchronize()
                guard unsafe rename(beside, target) == 0 else {
                    throw FileError("replacing", target, errno: errno, errorText(errno))
                }
            } catch {
                _ = unsafe unlink(beside)
                throw error
            }
        }
    }

    /// Where a chain of links ends: renaming over a link would cut it.
    private static func resolved(_ path: String) -> String {
        guard let found = unsafe realpath(path, nil) else { return path }
        defer { unsafe free(found) }
        return unsafe String(cString: found)
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
