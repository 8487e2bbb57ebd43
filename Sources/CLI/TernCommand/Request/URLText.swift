import TernCore

/// A URL as it stands on the command line, before it is parsed: what curl does to its text.
enum URLText {
    /// With a scheme: http where none is given.
    static func complete(_ text: String) -> String { text.contains("://") ? text : "http://\(text)" }

    /// With `query` behind the query that it has, in front of the fragment.
    static func adding(query: String, to url: String) -> String {
        guard !query.isEmpty else { return url }
        let mark = url.firstIndex(of: "#") ?? url.endIndex
        let base = url[..<mark]
        return "\(base)\(base.contains("?") ? "&" : "?")\(query)\(url[mark...])"
    }

    /// With the name of the file at `path` at the end, if the URL names a folder.
    static func adding(nameOf path: String, to url: String) -> String {
        if path == "-" || path == "." { return url }
        let mark = url.firstIndex { $0 == "?" || $0 == "#" } ?? url.endIndex
        let base = url[..<mark]
        let start = base.firstRange(of: "://")?.upperBound ?? base.startIndex
        let hasPath = base[start...].contains("/")
        guard !hasPath || base.hasSuffix("/") else { return url }
        let name = PercentEncoding.encode(String(path.split(separator: "/").last ?? ""))
        return "\(base)\(hasPath ? "" : "/")\(name)\(url[mark...])"
    }

    /// Refuses what curl would expand: `{a,b}` and `[1-9]` outside an IPv6 host. It is not built, and to send it as
    /// it stands would be another request than the one that was meant.
    static func checkGlobs(_ url: String) throws {
        let start = url.firstRange(of: "://")?.upperBound ?? url.startIndex
        let path = url[start...].drop { $0 != "/" && $0 != "?" && $0 != "#" }
        if url.contains(where: { $0 == "{" || $0 == "}" }) || path.contains(where: { $0 == "[" || $0 == "]" }) {
            throw UsageError(
                "\(shown(url)): sets and ranges in URLs are not built into tern; --globoff takes them as they are")
        }
    }

    /// Without user and password in front of the host.
    static func withoutUser(_ url: String) -> String {
        guard let start = url.firstRange(of: "://")?.upperBound else { return url }
        let authority = url[start...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard let at = authority.lastIndex(of: "@") else { return url }
        return String(url[..<start] + url[url.index(after: at)...])
    }

    /// Without what may be a password.
    static func shown(_ url: String) -> String {
        guard let at = url.lastIndex(of: "@") else { return url }
        return String(url[url.index(after: at)...])
    }
}
