extension HTTPURL {
    /// The URL that `reference` means if this one is the base (RFC 3986 §5.2): for `Location` and other fields, and
    /// for base URLs. It keeps the credentials if it keeps the authority.
    ///
    /// - Parameters:
    ///   - reference: a URL, or a relative reference; spaces around it are trimmed.
    ///   - pathAsIs: keeps "." and "..": a relative path is then only put after the base's last "/".
    /// - Throws: what ``init(_:pathAsIs:)`` throws; a scheme other than http and https is `unsupportedScheme`.
    public func resolving(_ reference: String, pathAsIs: Bool = false) throws(HTTPURLError) -> HTTPURL {
        if let offset = reference.utf8.enumerated().first(where: { $0.element.isControl })?.offset {
            throw HTTPURLError(.controlCharacter(offset: offset), in: reference)
        }
        let trimmed = Array(reference.utf8.drop { $0 == 0x20 })
        if let name = SchemeName(in: trimmed[...]) {
            guard Scheme(rawValue: name.text) != nil else {
                throw HTTPURLError(.unsupportedScheme(name.text), in: reference)
            }
            return try HTTPURL(reference, pathAsIs: pathAsIs)
        }
        if trimmed.starts(with: [0x2F, 0x2F]) {
            return try HTTPURL("\(scheme):" + String(decoding: trimmed, as: UTF8.self), pathAsIs: pathAsIs)
        }
        let kept: String
        switch trimmed.first {
        case UInt8(ascii: "/"): kept = ""
        case UInt8(ascii: "?"): kept = path
        case UInt8(ascii: "#"), nil: kept = target
        default: kept = String(path[...(path.lastIndex(of: "/") ?? path.startIndex)])
        }
        let text = "\(scheme)://\(authority)\(kept)" + String(decoding: trimmed, as: UTF8.self)
        return try HTTPURL(text, pathAsIs: pathAsIs).with(credentials: credentials)
    }

    /// This URL with the fragment of `earlier` if it has none: what a redirect does (RFC 9110 §10.2.2).
    /// A fragment that makes the URL too long is left out.
    public func inheritingFragment(of earlier: HTTPURL) -> HTTPURL {
        guard fragment == nil, let inherited = earlier.fragment else { return self }
        let text = "\(absoluteString)#\(inherited)"
        guard text.utf8.count <= Self.maximumLength else { return self }
        return HTTPURL(text: text, layout: layout, credentials: credentials)
    }

    /// This URL without user and password.
    public func removingCredentials() -> HTTPURL { with(credentials: nil) }

    /// This URL without the fragment.
    public func removingFragment() -> HTTPURL {
        HTTPURL(text: "\(scheme)://\(authority)\(target)", layout: layout, credentials: credentials)
    }

    private func with(credentials: Credentials?) -> HTTPURL {
        HTTPURL(text: absoluteString, layout: layout, credentials: credentials)
    }
}
