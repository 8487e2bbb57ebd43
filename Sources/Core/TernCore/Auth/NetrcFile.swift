import Glibc

/// A netrc file on the disk.
enum NetrcFile {
    /// Its text, if it may be trusted. What is checked is the file that was opened, not the name.
    static func text(at path: String, _ permissions: Netrc.Permissions) throws(NetrcError) -> String {
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw NetrcError(.unreadable, "the name of a netrc file is empty or holds a NUL")
        }
        // O_NONBLOCK keeps a pipe that nobody writes from holding us; a regular file knows nothing of it.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw failed("opening", path) }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw failed("examining", path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw NetrcError(.unreadable, "\(path) is not a regular file")
        }
        if permissions == .ownerOnly { try check(status, path) }
        guard status.st_size <= Netrc.maximumSize else {
            throw NetrcError(.tooLong, "\(path) has \(status.st_size) bytes, and \(Netrc.maximumSize) are read at most")
        }
        let bytes = try read(descriptor, path)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw NetrcError(.syntax, "\(path) is not text in UTF-8")
        }
        return text
    }

    private static func check(_ status: stat, _ path: String) throws(NetrcError) {
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw NetrcError(.permissions, "\(path) belongs to the user \(status.st_uid), and not to this one")
        }
        guard status.st_mode & 0o077 == 0 else {
            let mode = String(status.st_mode & 0o777, radix: 8)
            throw NetrcError(.permissions, "others may read or change \(path) (mode \(mode)): chmod 600 it")
        }
    }

    private static func read(_ descriptor: Int32, _ path: String) throws(NetrcError) -> [UInt8] {
        var all: [UInt8] = []
        while all.count <= Netrc.maximumSize {
            var code: Int32 = 0
            let piece = unsafe [UInt8](unsafeUninitializedCapacity: 64 * 1024) { buffer, count in
                let result = unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                code = result < 0 ? errno : 0
                count = max(0, result)
            }
            if code == EINTR { continue }
            guard code == 0 else {
                errno = code
                throw failed("reading", path)
            }
            if piece.isEmpty { return all }
            all += piece
        }
        throw NetrcError(.tooLong, "\(path) grew beyond \(Netrc.maximumSize) bytes while it was read")
    }

    private static func failed(_ attempt: String, _ path: String) -> NetrcError {
        let code = errno
        let words = unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error"
        return NetrcError(.unreadable, "\(attempt) \(path): \(words) (errno \(code))")
    }
}
