/// For which URLs no proxy is used: the list of `no_proxy`, whose entries stand between commas or spaces.
///
/// - `*`: every URL.
/// - `example.com`, `.example.com`, `*.example.com`: a host and those below it, at the boundary of a dot:
///   `notexample.com` is another. The last form leaves the host itself out.
/// - `10.0.0.1`, `10.0.0.0/8`, `2001:db8::/32`, `[::1]`: an address, or a block of them; names are not looked up.
/// - Each with a port behind it: `example.com:8080`, `[::1]:443`; and with a scheme before it: `http://example.com`.
///
/// What is none of these matches nothing.
public struct NoProxy: Sendable, Hashable {
    /// What a dot in front of a name means.
    public enum LeadingDot: Sendable, Hashable {
        /// Nothing: `.example.com` is `example.com`, and those below it. So curl, requests and niquests have it.
        case hostAndBelow
        /// That the host itself is left out, as Go has it.
        case below
    }

    private struct Entry: Sendable, Hashable {
        enum Host: Sendable, Hashable {
            case everything
            case name(String, itself: Bool)
            case block(AddressBlock)
        }
        var scheme: String?
        var host: Host
        var port: Int?
    }
    private var entries: [Entry] = []

    /// Reads a list.
    public init(_ list: String, leadingDot: LeadingDot = .hostAndBelow) {
        for part in list.split(whereSeparator: { $0 == "," || $0 == " " || $0 == "\t" }) {
            if let entry = NoProxy.entry(part, leadingDot) { entries.append(entry) }
        }
    }

    /// Whether `url` is reached without a proxy.
    public func contains(_ url: HTTPURL) -> Bool {
        guard !entries.isEmpty else { return false }
        let host = url.host.hasSuffix(".") ? String(url.host.dropLast()) : url.host
        let address = url.ipAddress
        return entries.contains { entry in
            if let scheme = entry.scheme, scheme != "all", scheme != "\(url.scheme)" { return false }
            if let port = entry.port, port != url.port { return false }
            switch entry.host {
            case .everything: return true
            case .name(let name, let itself):
                return address == nil && (itself && host == name || CookieScope.lies(host, below: name))
            case .block(let block): return address.map(block.contains) ?? false
            }
        }
    }

    private static func entry(_ text: Substring, _ leadingDot: LeadingDot) -> Entry? {
        var rest = text
        var scheme: String?
        if let mark = rest.firstRange(of: "://") {
            scheme = rest[..<mark.lowerBound].lowercased()
            rest = rest[mark.upperBound...]
        }
        if rest == "*" { return Entry(scheme: scheme, host: .everything, port: nil) }
        if let block = AddressBlock(String(rest)) { return Entry(scheme: scheme, host: .block(block), port: nil) }
        var port: Int?
        if let colon = rest.lastIndex(of: ":"), rest.hasPrefix("[") ? rest[..<colon].hasSuffix("]") : true {
            guard let number = Int(rest[rest.index(after: colon)...]), 1...65_535 ~= number else { return nil }
            port = number
            rest = rest[..<colon]
        }
        if rest.hasPrefix("["), let end = rest.lastIndex(of: "]") {
            let inside = rest[rest.index(after: rest.startIndex)..<end]
            // A block may have its length inside or outside of the brackets.
            let length = rest[rest.index(after: end)...]
            return AddressBlock(String(inside + length)).map { Entry(scheme: scheme, host: .block($0), port: port) }
        }
        if let block = AddressBlock(String(rest)) { return Entry(scheme: scheme, host: .block(block), port: port) }
        var itself = true
        if rest.hasPrefix("*.") {
            itself = false
            rest = rest.dropFirst(2)
        } else if rest.hasPrefix(".") {
            itself = leadingDot == .hostAndBelow
            rest = rest.dropFirst()
        }
        // The name as a URL would have it: lower case, ASCII, without a dot at its end.
        guard !rest.contains("/"), let host = (try? HTTPURL("http://\(rest)/"))?.host else { return nil }
        let name = host.hasSuffix(".") ? String(host.dropLast()) : host
        return Entry(scheme: scheme, host: .name(name, itself: itself), port: port)
    }
}
