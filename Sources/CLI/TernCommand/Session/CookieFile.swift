import TernCore

/// A file of cookies in the form that Netscape's browser had, which curl reads and writes: a cookie a line, of seven
/// parts between tabs; `#HttpOnly_` in front of the first marks those that scripts must not see.
enum CookieFile {
    /// The cookies of the file at `path`; none if it cannot be read, as curl has it.
    static func cookies(at path: String) -> [Cookie] {
        guard !path.isEmpty, let lines = try? InputReader.lines(of: path) else { return [] }
        return lines.compactMap(cookie)
    }

    static func cookie(_ line: String) -> Cookie? {
        let mark = "#HttpOnly_"
        let isHTTPOnly = line.hasPrefix(mark)
        guard isHTTPOnly || !line.hasPrefix("#") else { return nil }
        let text = isHTTPOnly ? line.dropFirst(mark.count) : line[...]
        let parts = text.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 6, !parts[5].isEmpty, let expiry = Int64(parts[4]) else { return nil }
        let domain = parts[0].hasPrefix(".") ? String(parts[0].dropFirst()) : parts[0]
        return Cookie(
            parts[5], parts.count > 6 ? parts[6] : "", domain: domain, isHostOnly: parts[1] != "TRUE", path: parts[2],
            isSecure: parts[3] == "TRUE", isHTTPOnly: isHTTPOnly, expiry: expiry == 0 ? nil : expiry)
    }
}
