/// The text of a `cookies.txt`: a cookie a line, of seven parts between tabs (domain, whether those below it are meant,
/// path, whether https only, end in seconds since 1970 or 0, name, value). `#HttpOnly_` in front marks those that
/// scripts must not see; other lines with `#` in front, and empty ones, are comments.
enum NetscapeCookies {
    /// A line that is no cookie.
    struct Fault: Error {
        var line: Int
        var reason: String
    }

    private static let mark = "#HttpOnly_"

    /// Reads what curl, wget, Python and exporters of browsers write: any line end, a byte order mark, ends with a
    /// fraction or without a number for none, domains with a port, and lines without a value.
    ///
    /// As curl has it, a line may also be a `Set-Cookie` field; here it must name its domain, since no response says it.
    static func parse(_ text: String, at wallSeconds: Int64) -> (cookies: [Cookie], faults: [Fault]) {
        var cookies: [Cookie] = []
        var faults: [Fault] = []
        let marked = text.utf8.starts(with: [0xef, 0xbb, 0xbf]) ? text.utf8.dropFirst(3) : text.utf8[...]
        let lines = marked.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, bytes) in lines.enumerated() {
            let trimmed = bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes
            let line = Substring(trimmed)
            let isMarked = line.hasPrefix(mark)
            if !isMarked, line.hasPrefix("#") || line.allSatisfy({ $0 == " " || $0 == "\t" }) { continue }
            do throws(Fault) {
                if line.utf8.count > 11, line.prefix(11).lowercased() == "set-cookie:" {
                    cookies.append(try field(line.dropFirst(11), at: wallSeconds, index + 1))
                    continue
                }
                cookies.append(try cookie(isMarked ? line.dropFirst(mark.count) : line, isMarked, index + 1))
            } catch {
                faults.append(error)
            }
        }
        return (cookies, faults)
    }

    private static func cookie(
        _ line: Substring, _ isHTTPOnly: Bool, _ number: Int
    ) throws(Fault) -> Cookie {
        // The value is all that is left: it may hold tabs.
        let parts = line.split(separator: "\t", maxSplits: 6, omittingEmptySubsequences: false).map(String.init)
        func broken(_ reason: String) -> Fault { Fault(line: number, reason: reason) }
        guard parts.count >= 6 else {
            throw broken("it has \(parts.count) parts between tabs, and a cookie has 7")
        }
        guard let covers = flag(parts[1]) else { throw broken("its second part is neither TRUE nor FALSE") }
        guard let isSecure = flag(parts[3]) else { throw broken("its fourth part is neither TRUE nor FALSE") }
        guard parts[2].hasPrefix("/") else { throw broken("its path does not begin with a slash") }
        guard let end = seconds(parts[4]) else { throw broken("its end is no number of seconds") }
        guard let domain = domain(parts[0]) else { throw broken("its domain is none") }
        // Python writes a cookie that has a value alone with an empty name.
        let (name, value) = (parts[5], parts.count > 6 ? parts[6] : "")
        guard !name.isEmpty else { throw broken("it has no name") }
        let cookie = Cookie(
            name, value, domain: domain, isHostOnly: !covers || IPAddress(domain) != nil, path: parts[2],
            isSecure: isSecure, isHTTPOnly: isHTTPOnly, expiry: end == 0 ? nil : end)
        guard cookie.canBeSent(CookieLimits.unbounded) else {
            throw broken("its name or value holds what a Cookie field cannot carry")
        }
        return cookie
    }

    private static func field(
        _ value: Substring, at wallSeconds: Int64, _ number: Int
    ) throws(Fault) -> Cookie {
        guard let set = SetCookie(String(value), limits: .unbounded) else {
            throw Fault(line: number, reason: "it is no Set-Cookie field")
        }
        // By the rules for a response from that very domain, over https.
        guard let domain = set.domain.flatMap(domain), let url = try? HTTPURL("https://\(bracketed(domain))/"),
            var cookie = Cookie(set, from: url, at: wallSeconds)
        else { throw Fault(line: number, reason: "its Set-Cookie field names no domain that it could be for") }
        cookie.path = set.path ?? "/"
        return cookie
    }

    private static func bracketed(_ domain: String) -> String { domain.contains(":") ? "[\(domain)]" : domain }

    private static func flag(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true": true
        case "false": false
        default: nil
        }
    }

    /// Whole seconds; 0 for a cookie of the session: empty, 0 and -1 mean it.
    private static func seconds(_ text: String) -> Int64? {
        if text.isEmpty || text == "-1" { return 0 }
        let whole = text.prefix { $0 != "." }
        let digits = whole.utf8.first == UInt8(ascii: "-") ? whole.utf8.dropFirst() : whole.utf8[...]
        guard !digits.isEmpty, digits.allSatisfy({ 0x30...0x39 ~= $0 }),
            text.utf8.dropFirst(whole.utf8.count + 1).allSatisfy({ 0x30...0x39 ~= $0 })
        else { return nil }
        return Int64(whole) ?? (whole.hasPrefix("-") ? .min : .max)
    }

    /// Without the dot in front, brackets, and the port that wget writes; `nil` if no host can have it.
    private static func domain(_ text: String) -> String? {
        var name = text.hasPrefix(".") ? String(text.dropFirst()) : text
        if name.hasPrefix("["), let end = name.firstIndex(of: "]") {
            return IPAddress(String(name[name.index(after: name.startIndex)..<end]))?.description
        }
        if let address = IPAddress(name) { return address.description }
        let parts = name.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count == 2, Int(parts[1]) != nil { name = String(parts[0]) }
        return (try? HTTPURL("http://\(name)/")).flatMap { $0.path == "/" && $0.query == nil ? $0.host : nil }
    }

    /// The text of a file. Cookies whose name or path has a tab cannot be written so, and are left out.
    static func text(of cookies: [Cookie]) -> String {
        var text = """
            # Netscape HTTP Cookie File
            # Written by tern. Whoever has this file can act as its owner.


            """
        for cookie in cookies where !cookie.name.contains("\t") && !cookie.path.contains("\t") {
            let parts = [
                (cookie.isHTTPOnly ? mark : "") + (cookie.isHostOnly ? "" : ".") + bracketed(cookie.domain),
                cookie.isHostOnly ? "FALSE" : "TRUE", cookie.path, cookie.isSecure ? "TRUE" : "FALSE",
                "\(max(1, cookie.expiry ?? 1) * (cookie.expiry == nil ? 0 : 1))", cookie.name, cookie.value,
            ]
            text += parts.joined(separator: "\t") + "\n"
        }
        return text
    }
}

extension CookieLimits {
    /// For cookies that a person gives: no limit that means to keep servers at bay.
    static var unbounded: CookieLimits {
        var limits = CookieLimits()
        limits.pair = .max
        limits.age = nil
        return limits
    }
}
