/// Takes apart any string, and builds the normal form of the URL or says what is wrong.
struct HTTPURLParser {
    /// What was given, for messages.
    private let string: String
    private let bytes: [UInt8]

    /// Parses a whole URL; ``HTTPURL`` says by which rules.
    static func parse(_ string: String, pathAsIs: Bool) throws(HTTPURLError) -> HTTPURL {
        let parser = HTTPURLParser(string: string, bytes: Array(string.utf8))
        return try parser.url(pathAsIs: pathAsIs)
    }

    private func refuse(_ reason: HTTPURLError.Reason) -> HTTPURLError { HTTPURLError(reason, in: string) }

    private func url(pathAsIs: Bool) throws(HTTPURLError) -> HTTPURL {
        let text = try checked()
        let (scheme, rest) = try split(text)
        let authorityEnd = rest.firstIndex { [0x2F, 0x3F, 0x23].contains($0) } ?? rest.endIndex
        let (userinfo, hostAndPort) = try splitUserinfo(rest[..<authorityEnd])
        let (host, port) = try hostAndPortParts(hostAndPort)

        var output = Array("\(scheme)://".utf8)
        output.reserveCapacity(text.count + 16)
        output += host.text
        let hostEnd = output.count
        let effectivePort = port ?? scheme.defaultPort
        if effectivePort != scheme.defaultPort { output += Array(":\(effectivePort)".utf8) }
        let pathStart = output.count
        let fragmentMark = rest[authorityEnd...].firstIndex(of: UInt8(ascii: "#")) ?? rest.endIndex
        let queryMark = rest[authorityEnd..<fragmentMark].firstIndex(of: UInt8(ascii: "?")) ?? fragmentMark

        var path: [UInt8] = []
        PercentEncoding.append(part: rest[authorityEnd..<queryMark], to: &path, keeping: .path)
        output += pathAsIs ? (path.isEmpty ? [UInt8(ascii: "/")] : path) : DotSegments.removed(from: path)
        let pathEnd = output.count
        if queryMark < fragmentMark {
            output.append(UInt8(ascii: "?"))
            PercentEncoding.append(part: rest[(queryMark + 1)..<fragmentMark], to: &output, keeping: .target)
        }
        let queryEnd = output.count
        if fragmentMark < rest.endIndex {
            output.append(UInt8(ascii: "#"))
            PercentEncoding.append(part: rest[(fragmentMark + 1)...], to: &output, keeping: .target)
        }
        guard output.count <= HTTPURL.maximumLength else { throw refuse(.tooLong(output.count)) }
        let layout = HTTPURL.Layout(
            scheme: scheme, hostKind: host.kind, port: UInt16(effectivePort), hostEnd: UInt32(hostEnd),
            pathStart: UInt32(pathStart), pathEnd: UInt32(pathEnd), queryEnd: UInt32(queryEnd))
        return HTTPURL(text: String(decoding: output, as: UTF8.self), layout: layout, credentials: userinfo)
    }

    /// The text without spaces around it, and without control characters.
    private func checked() throws(HTTPURLError) -> ArraySlice<UInt8> {
        guard bytes.count <= HTTPURL.maximumLength else { throw refuse(.tooLong(bytes.count)) }
        if let offset = bytes.firstIndex(where: \.isControl) { throw refuse(.controlCharacter(offset: offset)) }
        let space = UInt8(ascii: " ")
        guard let first = bytes.firstIndex(where: { $0 != space }), let last = bytes.lastIndex(where: { $0 != space })
        else { throw refuse(.emptyURL) }
        return bytes[first...last]
    }

    /// The scheme, and what follows `://`.
    private func split(_ text: ArraySlice<UInt8>) throws(HTTPURLError) -> (Scheme, ArraySlice<UInt8>) {
        guard let name = SchemeName(in: text) else { throw refuse(.missingScheme) }
        let rest = text[name.end...]
        guard let scheme = Scheme(rawValue: name.text) else {
            // "localhost:8080" and "user:secret@host" have the form of a scheme too.
            let isHost = rest.first?.isDigit == true || (rest.first != 0x2F && rest.contains(UInt8(ascii: "@")))
            throw refuse(isHost ? .missingScheme : .unsupportedScheme(name.text))
        }
        guard rest.starts(with: [0x2F, 0x2F]) else { throw refuse(.missingHost) }
        return (scheme, rest.dropFirst(2))
    }

    private func splitUserinfo(_ authority: ArraySlice<UInt8>) throws(HTTPURLError)
        -> (Credentials?, ArraySlice<UInt8>)
    {
        guard let at = authority.firstIndex(of: UInt8(ascii: "@")) else { return (nil, authority) }
        let userinfo = authority[..<at]
        let rest = authority[(at + 1)...]
        guard !rest.contains(UInt8(ascii: "@")), !userinfo.contains(UInt8(ascii: "\\")) else {
            throw refuse(.invalidUserinfo)
        }
        let colon = userinfo.firstIndex(of: UInt8(ascii: ":")) ?? userinfo.endIndex
        let user = try decoded(userinfo[..<colon])
        let password = try decoded(userinfo[colon...].dropFirst())
        guard !user.isEmpty || !password.isEmpty else { return (nil, rest) }
        return (Credentials(user: user, password: password), rest)
    }

    /// RFC 7617 §2 allows no control characters in either part.
    private func decoded(_ part: ArraySlice<UInt8>) throws(HTTPURLError) -> String {
        guard let plain = PercentEncoding.decode(part), !plain.contains(where: \.isControl),
            let text = String(validating: plain, as: UTF8.self)
        else { throw refuse(.invalidUserinfo) }
        return text
    }

    private func hostAndPortParts(_ text: ArraySlice<UInt8>) throws(HTTPURLError) -> (HostName, Int?) {
        let bracket = text.first == UInt8(ascii: "[") ? text.lastIndex(of: UInt8(ascii: "]")) : nil
        let colon = text[(bracket ?? text.startIndex)...].firstIndex(of: UInt8(ascii: ":")) ?? text.endIndex
        let hostText = text[..<colon]
        guard !text[colon...].dropFirst().contains(UInt8(ascii: ":")) else {
            throw refuse(.invalidHost("more than one colon: an IPv6 address stands in brackets"))
        }
        guard !hostText.isEmpty else { throw refuse(.missingHost) }
        let host: HostName
        do throws(HostRefusal) {
            host = try HostName(hostText)
        } catch {
            throw refuse(.invalidHost(error.message))
        }
        let digits = text[colon...].dropFirst()
        guard !digits.isEmpty else { return (host, nil) }
        guard digits.allSatisfy(\.isDigit) else { throw refuse(.invalidPort) }
        var port = 0
        for digit in digits {
            port = port * 10 + Int(digit &- 0x30)
            guard port <= 65_535 else { throw refuse(.invalidPort) }
        }
        guard port > 0 else { throw refuse(.invalidPort) }
        return (host, port)
    }
}

/// The scheme in front of a URL or reference (RFC 3986 §3.1), in lower case.
struct SchemeName {
    let text: String
    /// The index behind the colon.
    let end: Int

    /// Nil if the text does not begin with a scheme and a colon: as a reference it is then relative.
    init?(in bytes: ArraySlice<UInt8>) {
        guard bytes.first?.isLetter == true else { return nil }
        let isPart: (UInt8) -> Bool = { $0.isLetter || $0.isDigit || [0x2B, 0x2D, 0x2E].contains($0) }
        guard let colon = bytes.firstIndex(where: { !isPart($0) }), bytes[colon] == UInt8(ascii: ":") else {
            return nil
        }
        text = String(decoding: bytes[..<colon].map(\.lowercased), as: UTF8.self)
        end = colon + 1
    }
}
