/// A user and a password. No text or mirror of it shows either.
public struct Credentials: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    /// The user; may be empty.
    public let user: String
    /// The password; empty if there is none.
    public let password: String

    /// A user and a password, in plain text.
    public init(user: String, password: String) {
        self.user = user
        self.password = password
    }

    /// The same for all: that something is hidden here.
    public var description: String { "Credentials(hidden)" }
    /// A mirror without children, so that `dump` shows neither part.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
