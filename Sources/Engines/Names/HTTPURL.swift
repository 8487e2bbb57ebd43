/// An http or https URL in normal form (RFC 3986, RFC 9110 §4.2), parsed once and strictly.
///
/// What is normalised: the scheme and host are in lower case, the host is ASCII (UTS 46 A-labels), an IPv6 address
/// has the text of RFC 5952, a default or empty port is dropped, an empty path is "/", the segments "." and ".." are
/// removed (RFC 3986 §5.2.4), and what may not stand in a path, query or fragment is percent-encoded as UTF-8. What
/// is kept: existing percent-encoding, "//" in a path, an empty query. ASCII spaces around the URL are trimmed.
///
/// What is refused: control characters anywhere; a backslash, "%" or any other character that no DNS name holds in
/// the host; empty labels; IPv4 in hexadecimal, octal or short forms, which parsers read differently; zones of IPv6
/// addresses (RFC 9844 took them out of URLs again; say which interface beside the URL); port 0; more than one "@".
///
/// User and password are split off at parsing: only ``credentials`` has them. They are not part of the text, of what
/// is encoded, nor of equality.
public struct HTTPURL: Sendable {
    /// The longest URL that is accepted, in bytes, before and after normalising: 64 KiB, eight times what servers
    /// usually take.
    public static let maximumLength = 65_536

    /// The URL in normal form, with the fragment, and never with user and password.
    public let absoluteString: String

    /// Where the parts lie in `absoluteString`.
    let layout: Layout

    /// Boxed, since few URLs have it and all are copied.
    private let box: CredentialsBox?

    init(text: String, layout: Layout, credentials: Credentials?) {
        absoluteString = text
        self.layout = layout
        box = credentials.map(CredentialsBox.init)
    }

    /// Parses a URL.
    ///
    /// - Parameters:
    ///   - string: the URL, with its scheme.
    ///   - pathAsIs: keeps the segments "." and ".." of the path (as `--path-as-is` of curl does).
    /// - Throws: what was wrong, with the text but for user and password.
    public init(_ string: String, pathAsIs: Bool = false) throws(HTTPURLError) {
        if let layout = Layout(normal: string, pathAsIs: pathAsIs) {
            self.init(text: string, layout: layout, credentials: nil)
        } else {
            self = try HTTPURLParser.parse(string, pathAsIs: pathAsIs)
        }
    }

    /// http or https.
    public var scheme: Scheme { layout.scheme }

    /// The host: a name in lower-case ASCII, an IPv4 address in dotted decimal, or an IPv6 address without brackets.
    public var host: String {
        isIPv6 ? part(layout.hostStart + 1, layout.hostEnd - 1) : part(layout.hostStart, layout.hostEnd)
    }

    /// Whether the host is an IPv6 address.
    public var isIPv6: Bool { layout.hostKind == .v6 }

    /// Whether the host is an IPv4 or IPv6 address: no name to resolve, none to send in TLS SNI.
    public var isIPLiteral: Bool { layout.hostKind != .name }

    /// The address, if the host is one.
    public var ipAddress: IPAddress? { isIPLiteral ? IPAddress(host) : nil }

    /// The port to connect to, 1 to 65,535: the URL's own, or the scheme's.
    public var port: Int { Int(layout.port) }

    /// The port, if the URL names one that is not the scheme's own.
    public var explicitPort: Int? { layout.hostEnd < layout.pathStart ? port : nil }

    /// The path, percent-encoded, at least "/".
    public var path: String { part(layout.pathStart, layout.pathEnd) }

    /// What follows "?", percent-encoded; "" if nothing follows, nil if there is no "?".
    public var query: String? { layout.pathEnd < layout.queryEnd ? part(layout.pathEnd + 1, layout.queryEnd) : nil }

    /// What follows "#", percent-encoded; never sent.
    public var fragment: String? {
        let end = UInt32(absoluteString.utf8.count)
        return layout.queryEnd < end ? part(layout.queryEnd + 1, end) : nil
    }

    /// User and password, if the URL had them.
    public var credentials: Credentials? { box?.credentials }

    /// Host and explicit port, an IPv6 address in brackets: the `Host` and `:authority` field (RFC 9110 §7.2).
    public var authority: String { part(layout.hostStart, layout.pathStart) }

    /// Path and query: the request target in origin-form (RFC 9112 §3.2.1).
    public var target: String { part(layout.pathStart, layout.queryEnd) }

    /// Scheme, host and port.
    public var origin: Origin { Origin(scheme: scheme, host: host, port: port) }

    private func part(_ start: UInt32, _ end: UInt32) -> String {
        let bytes = absoluteString.utf8
        let from = bytes.index(bytes.startIndex, offsetBy: Int(start))
        return String(absoluteString[from..<bytes.index(from, offsetBy: Int(end - start))])
    }
}

/// A class, so that a URL carries one reference for what it seldom has.
private final class CredentialsBox: Sendable, CustomReflectable {
    let credentials: Credentials
    init(_ credentials: Credentials) { self.credentials = credentials }
    var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension HTTPURL: Hashable, CustomStringConvertible {
    /// Whether the URLs are the same in normal form, fragment included; user and password do not count.
    public static func == (left: HTTPURL, right: HTTPURL) -> Bool { left.absoluteString == right.absoluteString }

    /// Hashes what `==` compares.
    public func hash(into hasher: inout Hasher) { hasher.combine(absoluteString) }

    /// The same as ``absoluteString``.
    public var description: String { absoluteString }
}

extension HTTPURL: Codable {
    /// Reads a URL from one string. Its path is kept as it is, so that what was encoded comes back.
    public init(from decoder: any Decoder) throws {
        self = try HTTPURL(decoder.singleValueContainer().decode(String.self), pathAsIs: true)
    }

    /// Writes ``absoluteString`` as one string: without user and password.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(absoluteString)
    }
}
