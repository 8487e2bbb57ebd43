import Glibc
import Threads

/// Small files that several processes read and write, each as a whole.
package enum SharedFile {
    /// Runs `work`, which may block, on a thread for files, and waits for it; does nothing if there is no thread.
    package static func onThread(_ work: @escaping @Sendable () -> Void) async {
        do throws(ThreadError) { try await OpenFile.threads.finish(work) } catch {}
    }

    /// Runs `work`, which may block, on a thread for files, some time.
    package static func inBackground(_ work: @escaping @Sendable () -> Void) {
        do throws(ThreadError) { try OpenFile.threads.submit(work) } catch {}
    }

    /// Puts new content in the place of a file, which need not be there: `change` makes it of the old, and gives nil to
    /// leave all as it is. Whoever reads the file sees the old content or the new, never a part. Blocks.
    ///
    /// The new content is written beside it, to a file that only one process can make, and which takes its place at the
    /// end. So `change` sees what the last process wrote. One that finds that file there waits a little, and throws
    /// `exists` if it stays; one that was left behind for half a minute by a process that died is removed.
    package static func update(
        _ path: String, _ change: ([UInt8]?) throws(FileError) -> [UInt8]?
    ) throws(FileError) {
        let path = resolved(path)
        let draft = path + ".new"
        let file = try open(draft)
        var isDone = false
        defer { if !isDone { unsafe unlink(draft) } }
        var old: [UInt8]?
        do throws(FileError) {
            old = try readNow(path, upTo: 64 * 1024 * 1024)
        } catch {
            guard error.code == .notFound else { throw error }
        }
        guard let bytes = try change(old) else { return }
        try file.write(bytes)
        var status = stat()
        if old != nil, unsafe stat(path, &status) == 0 { try file.setRights(status.st_mode & 0o7777) }
        try file.flush()
        guard unsafe rename(draft, path) == 0 else {
            throw FileError("replacing", path, errno: errno, errorText(errno))
        }
        isDone = true
    }

    /// How often, and how long apart, a draft of another process is waited for.
    private static let tries = 10
    private static let pause: useconds_t = 20_000
    /// Seconds after which nobody can be at work on a draft any longer.
    private static let longestWrite = 30

    private static func open(_ draft: String) throws(FileError) -> OpenFile {
        for number in 0...tries {
            do throws(FileError) {
                return try OpenFile(draft, flags: O_WRONLY | O_CREAT | O_EXCL, rights: 0o600)
            } catch {
                guard error.code == .exists, number < tries else {
                    guard error.code == .exists else { throw error }
                    throw FileError(.exists, draft, "\(draft) is there: another process is writing the file")
                }
            }
            var status = stat()
            if unsafe stat(draft, &status) == 0, time(nil) - status.st_mtim.tv_sec > longestWrite {
                unsafe unlink(draft)
            } else {
                usleep(pause)
            }
        }
        throw FileError(.exists, draft, "\(draft) is there: another process is writing the file")
    }

    /// Where links lead: a link is to stay one.
    private static func resolved(_ path: String) -> String {
        guard let real = unsafe realpath(path, nil) else { return path }
        defer { unsafe free(real) }
        return unsafe String(cString: real)
    }

    /// All bytes of the file at `path`. Throws if there are more than `limit`. Blocks.
    package static func readNow(_ path: String, upTo limit: Int) throws(FileError) -> [UInt8] {
        let file = try OpenFile(path, flags: O_RDONLY | O_NONBLOCK)
        let length = try file.length()
        guard length <= Int64(limit) else {
            throw FileError(.failed, path, "reading \(path): it has \(length) bytes, more than \(limit)")
        }
        var bytes: [UInt8] = []
        while bytes.count < limit {
            let more = try file.read(max(1, Int(length) - bytes.count), at: Int64(bytes.count))
            if more.isEmpty { break }
            bytes.append(contentsOf: more)
        }
        return bytes
    }
}
