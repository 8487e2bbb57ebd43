import Glibc

/// Why a file could not be read or written: what was tried, and the system's words.
public struct FileError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure. The raw values are stable.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// There is no such file, or no such folder to make it in.
        case notFound
        /// The system does not allow it.
        case notPermitted
        /// There is something of that name already, and the caller wanted a new file.
        case exists
        /// It is a folder, a pipe, a device or a socket.
        case notRegular
        /// It ended before the bytes that were asked for.
        case tooShort
        /// The disk or the quota is full, or the file would be larger than allowed.
        case noSpace
        /// The name cannot be one of a file: it is empty, too long or holds a NUL.
        case badPath
        /// The file was closed before.
        case closed
        /// Anything else; the message has the system's words.
        case failed
    }
    /// What kind of failure it is.
    public let code: Code
    /// The file concerned.
    public let path: String
    /// What was tried, and what came back.
    public let message: String
    /// The message.
    public var description: String { message }

    /// Whether the file has become shorter than the part of it that was meant.
    public var isTooShort: Bool { code == .tooShort }

    init(_ code: Code, _ path: String, _ message: String) {
        self.code = code
        self.path = path
        self.message = message
    }

    /// The system's answer to an attempt: `opening /a/b: No such file or directory (errno 2)`.
    init(_ attempt: String, _ path: String, errno number: Int32, _ words: String) {
        self.init(Code(errno: number), path, "\(attempt) \(path): \(words)")
    }
}

extension FileError.Code {
    init(errno number: Int32) {
        switch number {
        case ENOENT, ENOTDIR: self = .notFound
        case EACCES, EPERM, EROFS: self = .notPermitted
        case EEXIST: self = .exists
        case EISDIR: self = .notRegular
        case ENOSPC, EDQUOT, EFBIG: self = .noSpace
        case ENAMETOOLONG: self = .badPath
        default: self = .failed
        }
    }
}
