package import HTTPTypes
internal import Wire

/// The first line of a request: `method SP request-target SP HTTP-version` (RFC 9112 §3).
package struct RequestLine: Equatable, Sendable {
    package var method: HTTPRequest.Method
    /// One of the four forms, the one that belongs to the method (RFC 9112 §3.2).
    package var target: String
    /// 1.0 or 1.1.
    package var version: HTTPVersion

    /// Reads the line, its line end taken off.
    init(_ line: Span<UInt8>) throws(HTTP1Error) {
        guard let first = line.firstIndex(of: .space), let second = line.firstIndex(of: .space, from: first + 1) else {
            throw RequestLine.refusal(of: line)
        }
        let name = line.extracting(0..<first)
        guard name.isToken, let method = HTTPRequest.Method(String(text: name)) else {
            throw RequestLine.refusal(of: line)
        }
        guard line.count == second + 9, let version = HTTPVersion(line, at: second + 1) else {
            throw RequestLine.refusal(of: line)
        }
        self.version = version
        let targetBytes = line.extracting((first + 1)..<second)
        self.method = method
        target = String(text: targetBytes)
        guard RequestTarget(targetBytes, for: method) != nil else {
            throw HTTP1Error(.badTarget, "\(method) has no such target: \"\(String(escaping: targetBytes))\"")
        }
    }

    @inline(never)
    private static func refusal(of line: Span<UInt8>) -> HTTP1Error {
        let shown = String(escaping: line)
        for index in line.indices where line[index] == .carriageReturn {
            return HTTP1Error(.bareCarriageReturn, "the request line holds a CR at byte \(index): \(shown)")
        }
        let version = line.count - 8
        if HTTPVersion.isNamed(line, at: version), HTTPVersion(line, at: version) == nil {
            return HTTP1Error(.unsupportedVersion, "the request line names no version 1.0 or 1.1: \(shown)")
        }
        return HTTP1Error(.badRequestLine, "not a request line: \(shown)")
    }
}

/// The four forms of a request target (RFC 9112 §3.2).
enum RequestTarget: Equatable, Sendable {
    case origin, absolute, authority, asterisk

    /// The form of these bytes; nil if they are none that may stand beside the method.
    init?(_ bytes: Span<UInt8>, for method: HTTPRequest.Method) {
        // A target is a URI's visible characters, and never has a fragment (RFC 9112 §3.2).
        guard bytes.count > 0 else { return nil }
        for index in bytes.indices where !bytes[index].isVisible || bytes[index] == 0x23 { return nil }
        if method == .connect {
            guard Authority.isHostAndPort(bytes) else { return nil }
            self = .authority
        } else if bytes[0] == 0x2F {
            self = .origin
        } else if bytes.count == 1, bytes[0] == 0x2A {
            guard method == .options else { return nil }
            self = .asterisk
        } else {
            guard RequestTarget.isAbsolute(bytes) else { return nil }
            self = .absolute
        }
    }

    /// `scheme "://" …`: a URI with an authority that is not empty.
    private static func isAbsolute(_ bytes: Span<UInt8>) -> Bool {
        guard let colon = bytes.firstIndex(of: .colon), colon > 0, bytes[0].isLetter, bytes.count > colon + 3,
            bytes[colon + 1] == 0x2F, bytes[colon + 2] == 0x2F, bytes[colon + 3] != 0x2F
        else { return false }
        for index in 0..<colon {
            let byte = bytes[index]
            guard byte.isLetter || byte.isDigit || byte == 0x2B || byte == 0x2D || byte == 0x2E else { return false }
        }
        return true
    }
}

/// `uri-host [ ":" port ]`, as `Host` and the target of CONNECT have it (RFC 9110 §7.2).
enum Authority {
    /// Whether this may be the value of `Host`: the port may be absent, and all of it may be empty.
    static func isHostValue(_ bytes: Span<UInt8>) -> Bool { bytes.isEmpty || parts(bytes) != nil }

    /// Whether host and port are both there, and neither is empty.
    static func isHostAndPort(_ bytes: Span<UInt8>) -> Bool {
        guard let (host, port) = parts(bytes) else { return false }
        return host > 0 && port.map { $0 > 0 } ?? false
    }

    /// The lengths of host and port; nil if a character can be in neither.
    private static func parts(_ bytes: Span<UInt8>) -> (host: Int, port: Int?)? {
        var index = 0
        if bytes.count > 0, bytes[0] == 0x5B {
            // An IP literal: hexadecimal, colons, dots, and what a future version may hold, between brackets.
            guard let close = bytes.firstIndex(of: 0x5D), close > 1 else { return nil }
            for inner in 1..<close {
                let byte = bytes[inner]
                guard byte.isLetter || byte.isDigit || byte == .colon || byte == 0x2E || byte == 0x25 else {
                    return nil
                }
            }
            index = close + 1
        } else {
            while index < bytes.count, bytes[index] != .colon {
                guard isHostCharacter(bytes[index]) else { return nil }
                index += 1
            }
        }
        let host = index
        guard index < bytes.count else { return (host, nil) }
        guard bytes[index] == .colon else { return nil }
        for digit in (index + 1)..<bytes.count where !bytes[digit].isDigit { return nil }
        return (host, bytes.count - index - 1)
    }

    /// unreserved, pct-encoded or sub-delims (RFC 3986 §3.2.2).
    private static func isHostCharacter(_ byte: UInt8) -> Bool {
        if byte.isLetter || byte.isDigit { return true }
        switch byte {
        case 0x2D, 0x2E, 0x5F, 0x7E, 0x25, 0x21, 0x24, 0x26...0x2C, 0x3B, 0x3D: return true
        default: return false
        }
    }
}
