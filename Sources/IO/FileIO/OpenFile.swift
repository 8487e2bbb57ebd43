import Glibc
import Threads

/// An open file. Every call blocks: to be made on the threads of `OpenFile.threads`.
final class OpenFile: Sendable {
    /// The threads that read and write files.
    static let threads = ThreadPool(name: "tern-files", limit: 4)

    let path: String
    private let descriptor: Int32

    /// Opens with the flags of open(2); a new file gets what the umask leaves of `rights`.
    init(_ path: String, flags: Int32, rights: mode_t = 0o666) throws(FileError) {
        try FileError.check(path)
        self.path = path
        descriptor = retrying { unsafe open(path, flags | O_CLOEXEC, rights) }
        guard descriptor >= 0 else { throw FileError("opening", path, errno: errno, errorText(errno)) }
    }

    deinit { Glibc.close(descriptor) }

    /// Up to `count` bytes from `offset`; none at the end of the file.
    func read(_ count: Int, at offset: Int64) throws(FileError) -> [UInt8] {
        var code: Int32 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            let result = retrying { unsafe pread(descriptor, buffer.baseAddress, count, Int(offset)) }
            code = result < 0 ? errno : 0
            initialized = max(0, result)
        }
        guard code == 0 else { throw FileError("reading", path, errno: code, errorText(code)) }
        return bytes
    }

    /// Writes all of `bytes` at the file's position.
    func write(_ bytes: [UInt8]) throws(FileError) {
        var code: Int32 = 0
        unsafe bytes.withUnsafeBytes { buffer in
            var written = 0
            while written < buffer.count {
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[written...])
                let result = retrying { unsafe Glibc.write(descriptor, rest.baseAddress, rest.count) }
                guard result > 0 else {
                    code = result < 0 ? errno : EIO
                    return
                }
                written += result
            }
        }
        guard code == 0 else { throw FileError("writing", path, errno: code, errorText(code)) }
    }

    /// The length in bytes.
    func length() throws(FileError) -> Int64 {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            throw FileError("examining", path, errno: errno, errorText(errno))
        }
        return Int64(status.st_size)
    }

    /// Gives the file these rights, whatever the umask says.
    func setRights(_ rights: mode_t) throws(FileError) {
        guard fchmod(descriptor, rights) == 0 else {
            throw FileError("setting the rights of", path, errno: errno, errorText(errno))
        }
    }

    /// Waits until the disk has it all.
    func synchronize() throws(FileError) {
        guard retrying({ fsync(descriptor) }) == 0 else {
            throw FileError("writing", path, errno: errno, errorText(errno))
        }
    }

    /// Sends what the system still holds back to where an error can come back from: a full quota of a network file
    /// system, say, is told only by this. Does not wait for the disk.
    func flush() throws(FileError) {
        // close(2) on a duplicate does what close does, and leaves the descriptor to `deinit`.
        let duplicate = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard duplicate >= 0, Glibc.close(duplicate) == 0 || errno == EINTR else {
            throw FileError("closing", path, errno: errno, errorText(errno))
        }
    }
}

/// Calls again while a signal interrupts.
private func retrying<Number: SignedInteger>(_ call: () -> Number) -> Number {
    while true {
        let result = call()
        if result >= 0 || errno != EINTR { return result }
    }
}
