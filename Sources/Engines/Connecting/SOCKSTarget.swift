package import Names

/// What a SOCKS proxy is asked to connect to, and in which version of the protocol.
package struct SOCKSTarget: Sendable {
    /// The version, and who resolves the name.
    package enum Version: Sendable, Hashable {
        /// SOCKS 4: an IPv4 address.
        case v4
        /// SOCKS 4a: a name that the proxy resolves.
        case v4a
        /// SOCKS 5 (RFC 1928).
        case v5
    }
    /// A place.
    package enum Host: Sendable, Hashable {
        case address(IPAddress)
        case name(String)
    }
    package var version: Version
    package var host: Host
    package var port: Int
    /// For SOCKS 5 user and password (RFC 1929), for SOCKS 4 the user alone.
    package var credentials: Credentials?

    package init(version: Version, host: Host, port: Int, credentials: Credentials? = nil) {
        self.version = version
        self.host = host
        self.port = port
        self.credentials = credentials
    }
}

/// Why a SOCKS proxy opened no way, or could not be asked. Credentials are never in the message.
package struct SOCKSError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What happened.
    package enum Code: Hashable, Sendable {
        /// The target or the credentials do not fit into the protocol.
        case badTarget
        /// The proxy wants other credentials than it was given.
        case notAuthorized
        /// The proxy did not, or could not, connect.
        case refused
        /// What came is not SOCKS.
        case malformed
        /// The proxy closed the connection before it had answered.
        case closed
    }
    package let code: Code
    /// What was asked, and what came back.
    package let message: String
    package var description: String { message }

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
