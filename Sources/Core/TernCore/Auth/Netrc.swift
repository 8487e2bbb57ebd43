import FileIO
import Glibc

/// Users and passwords by host, from a file in the format of `.netrc`, as curl, ftp and Python read it.
///
///     machine api.example
///         login tern
///         password "with \" quotes and spaces"    # a comment
///     default login anonymous password guest
///
/// - The words `machine`, `default`, `login`, `password`, `account` and `macdef` in any layout; a macro goes on to the
///   next empty line and is left out. Words that are not known are skipped.
/// - In quotes, a backslash stands before a quote or another backslash, and `\n`, `\r`, `\t` are what they are in C.
///   Outside of quotes nothing is special.
/// - A word that begins with `#` where a key could stand begins a comment; as the value of a key it is taken as it is.
/// - Hosts have no case and no port. The first entry of a host counts, and `default` where no other does.
public struct Netrc: Sendable, CustomStringConvertible, CustomReflectable {
    /// What stands in it for one host.
    struct Entry: Sendable {
        /// In lower case; `nil` for `default`.
        var host: String?
        var login: String?
        var password: String?
        var account: String?
    }
    let entries: [Entry]

    /// Which files are trusted.
    public enum Permissions: Sendable, Hashable {
        /// Any that can be read, as curl does.
        case any
        /// Only one that belongs to this user or to root, and that nobody else may read or write: for files in a
        /// place that others know, as Python does for `~/.netrc`.
        case ownerOnly
    }

    /// The longest file that is read, in bytes: 1 MiB, ten times what curl takes.
    public static let maximumSize = 1_048_576

    /// Reads `text`. Throws ``NetrcError`` with the line for a key without a value and for quotes that do not end.
    public init(parsing text: String) throws(NetrcError) {
        entries = try NetrcParser.entries(of: text, path: nil)
    }

    /// Reads the file at `path`. Blocks for as long as the disk takes. Throws ``NetrcError`` if it cannot be read, is
    /// no regular file, is too long, or has other permissions than asked for.
    public init(contentsOf path: String, permissions: Permissions = .any) throws(NetrcError) {
        entries = try NetrcParser.entries(of: NetrcFile.text(at: path, permissions), path: path)
    }

    /// Where the file is by custom: what `NETRC` names, else `~/.netrc`, else `~/_netrc`; `nil` if there is none of
    /// these. A file that `NETRC` names need not be there: reading it tells.
    public static func defaultPath() -> String? {
        if let path = unsafe getenv("NETRC").map({ unsafe String(cString: $0) }), !path.isEmpty { return path }
        guard let home = unsafe getenv("HOME").map({ unsafe String(cString: $0) }), !home.isEmpty else { return nil }
        return [".netrc", "_netrc"].map { "\(home)/\($0)" }.first { unsafe access($0, F_OK) == 0 }
    }

    /// User and password for `host`; with `user`, those of that user only. `nil` if nothing says so.
    public func credentials(for host: String, user: String? = nil) -> Credentials? {
        let host = host.lowercased()
        let found =
            entries.first { $0.host == host && $0.serves(user) } ?? entries.first { $0.host == nil && $0.serves(user) }
        return found.map { Credentials(user: $0.login ?? user ?? "", password: $0.password ?? "") }
    }

    /// How many entries there are; nothing of what they say.
    public var description: String { "Netrc(\(entries.count) entries)" }
    /// A mirror without children, so that `dump` shows no passwords.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension Netrc.Entry {
    fileprivate func serves(_ user: String?) -> Bool {
        guard login != nil || password != nil else { return false }
        return user == nil || login == nil || login == user
    }
}

/// Why a netrc file cannot be used. Never shows what stands in it.
public struct NetrcError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// There is no file, or it cannot be read, or it is no regular file; the message has the system's words.
        case unreadable
        /// Others could read or change it.
        case permissions
        /// It is longer than ``Netrc/maximumSize``.
        case tooLong
        /// A key has no value, quotes do not end, or it is not UTF-8.
        case syntax
    }
    /// What is wrong.
    public let code: Code
    /// What was tried, what was found, and where.
    public let message: String
    /// The line, from 1, if it is one.
    public let line: Int?

    init(_ code: Code, _ message: String, line: Int? = nil) {
        self.code = code
        self.message = message
        self.line = line
    }

    /// The message.
    public var description: String { message }
}
