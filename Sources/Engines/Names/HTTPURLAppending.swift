extension HTTPURL {
    /// This URL with parameters after those it has, encoded as ``FormEncoding`` does, the fragment kept.
    ///
    /// - Parameter items: names and values in their order; a value of nil gives the name alone, without "=".
    ///   Without items the URL stays as it is.
    /// - Throws: `tooLong`.
    public func appending(query items: [(String, String?)]) throws(HTTPURLError) -> HTTPURL {
        items.isEmpty ? self : try appending(encodedQuery: FormEncoding.encode(items))
    }

    /// This URL with `path` below its own path: the "append" way to use a base URL, where
    /// ``resolving(_:pathAsIs:)`` is the way of RFC 3986.
    ///
    /// Exactly one "/" stands between the two; an empty path leaves this one as it is. `path` may end in a query,
    /// which is added to the one there is, and in a fragment, which replaces the one there is. It never changes the
    /// host: "//evil.example" and "https://evil.example" are taken as segments.
    public func appending(path: String) throws(HTTPURLError) -> HTTPURL {
        let fragmentStart = path.firstIndex(of: "#") ?? path.endIndex
        let queryStart = path[..<fragmentStart].firstIndex(of: "?") ?? fragmentStart
        var text = "\(scheme)://\(authority)\(self.path)"
        let below = path[..<queryStart]
        if !below.isEmpty {
            if text.hasSuffix("/") { text.removeLast() }
            text += below.hasPrefix("/") ? below : "/" + below
        }
        let queries = [
            query.map { $0[...] }, queryStart < fragmentStart ? path[queryStart..<fragmentStart].dropFirst() : nil,
        ]
        let query = queries.compactMap { $0 }
        if !query.isEmpty { text += "?" + query.joined(separator: "&") }
        if fragmentStart < path.endIndex {
            text += path[fragmentStart...]
        } else if let fragment {
            text += "#" + fragment
        }
        let result = try HTTPURL(text)
        return HTTPURL(text: result.absoluteString, layout: result.layout, credentials: credentials)
    }

    private func appending(encodedQuery added: String) throws(HTTPURLError) -> HTTPURL {
        let separator = query.map { $0.isEmpty ? "?" : "?\($0)&" } ?? "?"
        let text = "\(scheme)://\(authority)\(path)\(separator)\(added)"
        var layout = layout
        layout.queryEnd = UInt32(clamping: text.utf8.count)
        let whole = fragment.map { "\(text)#\($0)" } ?? text
        guard whole.utf8.count <= Self.maximumLength else { throw HTTPURLError(.tooLong(whole.utf8.count), in: whole) }
        return HTTPURL(text: whole, layout: layout, credentials: credentials)
    }
}
