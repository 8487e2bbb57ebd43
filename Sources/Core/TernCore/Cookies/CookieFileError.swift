/// Why a file of cookies, or of a session's state, could not be read or written. The file is as it was.
public struct CookieFileError: Error, Sendable, CustomStringConvertible {
    /// What happened.
    public enum Reason: Sendable, Hashable {
        /// The file could not be opened, read or written; ``CookieFileError/underlying`` tells more.
        case file
        /// This line, counted from 1, is no cookie.
        case brokenLine(Int)
        /// It is not what it should be: no JSON, or JSON of something else.
        case damaged
        /// A later version of the library wrote it, in this version of the form.
        case laterVersion(Int)
    }
    /// What happened.
    public let reason: Reason
    /// The file; empty for text in memory.
    public let path: String
    /// What was tried, what was found, and what to do.
    public let message: String
    /// The system's answer, or the coder's.
    public let underlying: (any Error)?

    init(_ reason: Reason, _ path: String, _ message: String, underlying: (any Error)? = nil) {
        self.reason = reason
        self.path = path
        self.message = message
        self.underlying = underlying
    }

    /// The message.
    public var description: String { message }

    /// The same for another file.
    func about(_ path: String) -> CookieFileError {
        CookieFileError(reason, path, "\(path): \(message)", underlying: underlying)
    }
}

/// The forms of files that cookies are kept in.
public enum CookieFormat: Sendable, Hashable {
    /// `cookies.txt`, as Netscape's browser had it, and curl, wget and browsers' exporters write it: seven parts
    /// between tabs in each line. Has no place for `SameSite`.
    case netscape
    /// JSON, which keeps all that a ``Cookie`` has. Read are also the forms that browsers' exporters write.
    case json
}

/// What becomes of lines in a `cookies.txt` that are no cookies.
public enum BrokenLines: Sendable, Hashable {
    /// The first ends reading with ``CookieFileError/Reason/brokenLine(_:)``, and nothing is taken.
    case refuse
    /// They are left out, as curl has it.
    case skip
}
