extension HTTPURL {
    /// Where the parts of a URL in normal form lie, in bytes: `scheme://` host [`:` port] path [`?` query]
    /// [`#` fragment].
    struct Layout: Hashable, Sendable {
        enum HostKind: Hashable, Sendable { case name, v4, v6 }

        var scheme: Scheme
        var hostKind: HostKind
        var port: UInt16
        /// Where the host ends, behind the bracket of an IPv6 address.
        var hostEnd: UInt32
        var pathStart: UInt32
        /// Where the path ends: at "?", if there is a query.
        var pathEnd: UInt32
        /// Where the query ends: at "#", if there is a fragment.
        var queryEnd: UInt32

        var hostStart: UInt32 { UInt32(scheme.prefixLength) }
    }
}

extension HTTPURL.Layout {
    /// The layout of a URL that is in normal form already and has no IPv6 address; nil for any other, right or
    /// wrong, which `HTTPURLParser` then takes apart. One pass, no allocation: most URLs of a program go this way.
    init?(normal string: String, pathAsIs: Bool) {
        let text = string.utf8Span.span
        guard text.count <= HTTPURL.maximumLength, let scheme = Self.scheme(of: text) else { return nil }
        var index = scheme.prefixLength
        guard let (hostEnd, hostKind) = Self.host(in: text, from: index) else { return nil }
        index = hostEnd
        var port = scheme.defaultPort
        if index < text.count, text[index] == UInt8(ascii: ":") {
            guard let (number, end) = Self.port(in: text, from: index + 1), number != port else { return nil }
            port = number
            index = end
        }
        guard index < text.count, text[index] == UInt8(ascii: "/") else { return nil }
        let pathStart = index
        guard let pathEnd = Self.endOfPath(in: text, from: index, dotsAllowed: pathAsIs) else { return nil }
        index = pathEnd
        if index < text.count, text[index] == UInt8(ascii: "?") {
            guard let end = Self.endOfPart(in: text, from: index + 1) else { return nil }
            index = end
        }
        let queryEnd = index
        if index < text.count {
            guard text[index] == UInt8(ascii: "#"), let end = Self.endOfPart(in: text, from: index + 1),
                end == text.count
            else { return nil }
        }
        self.init(
            scheme: scheme, hostKind: hostKind, port: UInt16(port), hostEnd: UInt32(hostEnd),
            pathStart: UInt32(pathStart), pathEnd: UInt32(pathEnd), queryEnd: UInt32(queryEnd))
    }

    private static func scheme(of text: Span<UInt8>) -> Scheme? {
        guard text.count > 8, text[0] == UInt8(ascii: "h"), text[1] == UInt8(ascii: "t"), text[2] == UInt8(ascii: "t"),
            text[3] == UInt8(ascii: "p")
        else { return nil }
        let colon = text[4] == UInt8(ascii: "s") ? 5 : 4
        guard text[colon] == UInt8(ascii: ":"), text[colon + 1] == UInt8(ascii: "/"),
            text[colon + 2] == UInt8(ascii: "/")
        else { return nil }
        return colon == 5 ? .https : .http
    }

    /// Where the host ends, and what it is: a name, or an IPv4 address if its last label begins with a digit.
    private static func host(in text: Span<UInt8>, from start: Int) -> (end: Int, HostKind)? {
        let host = ByteSet.host
        var index = start
        var label = start
        while index < text.count {
            let byte = text[index]
            if byte == UInt8(ascii: ".") {
                guard 1...HostName.longestLabel ~= index - label else { return nil }
                label = index + 1
            } else if !host.contains(byte) {
                break
            }
            index += 1
        }
        guard 1...HostName.longestLabel ~= index - label, index - start <= HostName.longestName else { return nil }
        guard text[label].isDigit else { return (index, .name) }
        return isDottedDecimal(text, from: start, to: index) ? (index, .v4) : nil
    }

    private static func isDottedDecimal(_ text: Span<UInt8>, from start: Int, to end: Int) -> Bool {
        var number: Int?
        var dots = 0
        for index in start..<end {
            let byte = text[index]
            if byte == UInt8(ascii: "."), number != nil {
                dots += 1
                number = nil
            } else {
                guard byte.isDigit, number != 0 else { return false }
                let next = (number ?? 0) * 10 + Int(byte &- 0x30)
                guard next <= 255 else { return false }
                number = next
            }
        }
        return dots == 3 && number != nil
    }

    private static func port(in text: Span<UInt8>, from start: Int) -> (Int, end: Int)? {
        var index = start
        var number = 0
        while index < text.count, text[index].isDigit {
            number = number * 10 + Int(text[index] &- 0x30)
            guard 1...65_535 ~= number else { return nil }
            index += 1
        }
        return index > start ? (number, index) : nil
    }

    private static func endOfPath(in text: Span<UInt8>, from start: Int, dotsAllowed: Bool) -> Int? {
        let path = ByteSet.path
        var index = start
        while index < text.count {
            let byte = text[index]
            if path.contains(byte) {
                if byte == UInt8(ascii: "."), !dotsAllowed, text[index - 1] == UInt8(ascii: "/") { return nil }
                index += 1
            } else if byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#") {
                return index
            } else if byte == UInt8(ascii: "%"), text.count - index > 2,
                text[index + 1].hexValue != nil, text[index + 2].hexValue != nil
            {
                index += 3
            } else {
                return nil
            }
        }
        return index
    }

    /// Where a query or a fragment ends: at "#", or at the end.
    private static func endOfPart(in text: Span<UInt8>, from start: Int) -> Int? {
        let target = ByteSet.target
        var index = start
        while index < text.count {
            let byte = text[index]
            if target.contains(byte) {
                index += 1
            } else if byte == UInt8(ascii: "#") {
                return index
            } else if byte == UInt8(ascii: "%"), text.count - index > 2,
                text[index + 1].hexValue != nil, text[index + 2].hexValue != nil
            {
                index += 3
            } else {
                return nil
            }
        }
        return index
    }
}
