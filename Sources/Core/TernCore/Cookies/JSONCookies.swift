import FoundationEssentials

/// Cookies as JSON: `{"format": "tern-cookies", "version": 1, "cookies": [{"name": …, "value": …, "domain": …}]}`.
///
/// Read are also a bare list, and `{"cookies": […]}`, with the names that browsers' exporters and tools for browser
/// tests use for the parts.
enum JSONCookies {
    static let format = "tern-cookies"
    static let version = 1

    /// The whole of a file.
    struct Document: Codable {
        var format: String?
        var version: Int?
        var cookies: [Entry]
    }

    /// One cookie.
    struct Entry: Codable {
        var name: String
        var value: String
        var domain: String
        var hostOnly: Bool?
        var path: String?
        var secure: Bool?
        var httpOnly: Bool?
        var sameSite: String?
        /// Seconds since 1970; left out, null or negative for a cookie of the session.
        var expires: Double?
        var expirationDate: Double?
        var session: Bool?

        init(_ cookie: Cookie) {
            name = cookie.name
            value = cookie.value
            domain = cookie.domain
            hostOnly = cookie.isHostOnly
            path = cookie.path
            secure = cookie.isSecure
            httpOnly = cookie.isHTTPOnly
            sameSite = cookie.sameSite?.rawValue
            // A double holds whole seconds for 285 million years.
            expires = cookie.expiry.map { Double(max(0, min($0, 1 << 53))) }
        }

        var cookie: Cookie? {
            let isDotted = domain.hasPrefix(".")
            let end = session == true ? nil : (expires ?? expirationDate).flatMap { $0 < 0 ? nil : $0 }
            let cookie = Cookie(
                name, value, domain: isDotted ? String(domain.dropFirst()) : domain,
                isHostOnly: hostOnly ?? !isDotted, path: path ?? "/", isSecure: secure ?? false,
                isHTTPOnly: httpOnly ?? false, sameSite: sameSite.flatMap(Self.sameSite),
                expiry: end.map { Int64(min($0, 9e15)) })
            guard cookie.path.hasPrefix("/"), !cookie.domain.isEmpty, cookie.canBeSent(.unbounded) else { return nil }
            return cookie
        }

        private static func sameSite(_ text: String) -> Cookie.SameSite? {
            switch text.lowercased() {
            case "no_restriction": Cookie.SameSite.none
            case let text: Cookie.SameSite(rawValue: text)
            }
        }
    }

    static func parse(_ bytes: [UInt8]) throws(CookieFileError) -> [Cookie] {
        let document: Document
        do {
            let first = bytes.first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0a && $0 != 0x0d }
            if first == UInt8(ascii: "[") {
                document = Document(cookies: try JSONDecoder().decode([Entry].self, from: Data(bytes)))
            } else {
                document = try read(Document.self, bytes, format, version)
            }
        } catch let error as CookieFileError {
            throw error
        } catch {
            throw CookieFileError(
                .damaged, "", "no cookies in JSON: \(JSONFailure(decoding: error, Document.self))", underlying: error)
        }
        var cookies: [Cookie] = []
        for (index, entry) in document.cookies.enumerated() {
            guard let cookie = entry.cookie else {
                throw CookieFileError(
                    .damaged, "", "cookie \(index) in the JSON has a name, value, domain or path that none can have")
            }
            cookies.append(cookie)
        }
        return cookies
    }

    static func text(of cookies: [Cookie]) -> [UInt8] {
        encode(Document(format: format, version: version, cookies: cookies.map(Entry.init)))
    }

    private struct Head: Decodable {
        var format: String?
        var version: Int?
    }

    /// Reads a document after a look at its version: a later one may have other parts.
    static func read<Value: Decodable>(
        _ type: Value.Type, _ bytes: [UInt8], _ format: String, _ version: Int
    ) throws -> Value {
        let head = try JSONDecoder().decode(Head.self, from: Data(bytes))
        if let found = head.format, found != format {
            throw CookieFileError(.damaged, "", "it calls itself \"\(found)\", and \"\(format)\" was expected")
        }
        if let found = head.version, found > version {
            throw CookieFileError(
                .laterVersion(found), "",
                "it was written by a later version of this library: its form has version \(found), and \(version) is "
                    + "the latest that is known here")
        }
        return try JSONDecoder().decode(type, from: Data(bytes))
    }

    static func encode(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        // Nothing in it can fail to be encoded: text, whole numbers and truth values.
        return ((try? encoder.encode(value)).map { Array($0) } ?? []) + [0x0a]
    }
}
