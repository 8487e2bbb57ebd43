/// What one `Set-Cookie` field says (RFC 6265 §5.2), before it is known who may set what.
struct SetCookie {
    var name: String
    var value: String
    /// In seconds since 1970.
    var expires: Int64?
    /// Seconds from now; none or less removes the cookie.
    var maxAge: Int64?
    /// In lower case, without the dot in front.
    var domain: String?
    /// `nil` for the default path.
    var path: String?
    var isSecure = false
    var isHTTPOnly = false
    var sameSite: Cookie.SameSite?

    /// Reads the value of a field; `nil` if there is no cookie in it: no `=`, no name, control characters, too long.
    init?(_ text: String, limits: CookieLimits = CookieLimits()) {
        let bytes = text.utf8
        // Control characters other than the tab could break out of a Cookie field.
        guard !bytes.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7f }) else { return nil }
        let parts = bytes.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
        guard let pair = parts.first, let equals = pair.firstIndex(of: UInt8(ascii: "=")) else { return nil }
        name = Self.trimmed(pair[..<equals])
        value = Self.trimmed(pair[pair.index(after: equals)...])
        guard !name.isEmpty, name.utf8.count + value.utf8.count <= limits.pair else { return nil }
        for attribute in parts.dropFirst() { take(attribute, limits.attribute) }
    }

    /// Later attributes win over earlier ones of the same name (RFC 6265 §5.3).
    private mutating func take(_ attribute: Substring.UTF8View, _ longest: Int) {
        let equals = attribute.firstIndex(of: UInt8(ascii: "=")) ?? attribute.endIndex
        let value = Self.trimmed(attribute[equals...].dropFirst())
        guard value.utf8.count <= longest else { return }
        switch Self.trimmed(attribute[..<equals]).lowercased() {
        case "expires": if let date = CookieDate.parse(value) { expires = date }
        case "max-age": if let seconds = Self.seconds(value) { maxAge = seconds }
        case "domain":
            let name = value.utf8.first == UInt8(ascii: ".") ? String(value.dropFirst()) : value
            if !name.isEmpty { domain = name.lowercased() }
        case "path": path = value.utf8.first == UInt8(ascii: "/") ? value : nil
        case "secure": isSecure = true
        case "httponly": isHTTPOnly = true
        case "samesite": sameSite = Cookie.SameSite(rawValue: value.lowercased())
        default: break
        }
    }

    /// RFC 6265 §5.2.2: an optional minus and digits; numbers that are too large are as good as the largest.
    private static func seconds(_ text: String) -> Int64? {
        let isNegative = text.utf8.first == UInt8(ascii: "-")
        let digits = text.utf8.dropFirst(isNegative ? 1 : 0)
        guard !digits.isEmpty, digits.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
        return Int64(text) ?? (isNegative ? .min : .max)
    }

    private static func trimmed(_ bytes: Substring.UTF8View) -> String {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
        let start = bytes.drop(while: isSpace)
        guard let last = start.lastIndex(where: { !isSpace($0) }) else { return "" }
        return String(Substring(start[...last]))
    }
}
