/// What a transport makes of a request's own `Host`, `Content-Length`, `Transfer-Encoding`, `Connection` and `TE`:
/// the same on every transport, and decided before any byte is sent.
///
/// - `Host`: one valid value replaces the URL's authority (`:authority` in HTTP/2 and 3).
/// - `Content-Length`: must equal the body's length; for a stream of unknown length it declares it.
/// - `Transfer-Encoding`, `Keep-Alive`, `Proxy-Connection`, `Upgrade`: refused; the transport frames the message
///   (RFC 9110 §7.6.1).
/// - `Connection`: only `close` and `keep-alive` are taken, and only `close` has an effect, on HTTP/1.1.
/// - `TE`: only `trailers` (RFC 9113 §8.2.2).
/// - `Cookie`: several become one (RFC 6265 §5.4).
///
/// CONNECT is refused as ``TransportError/Code/unsupported`` by every transport: tunnels are made for proxies alone.
public struct RequestFraming: Sendable {
    /// What the `Host` field or `:authority` says (RFC 9110 §7.2).
    public var authority: String
    /// The fields to send, without `Host`, `Content-Length`, `Connection`.
    public var fields: HTTPFields
    /// The value of `Content-Length`; `nil` where none is sent: no content and none expected, or length unknown.
    public var contentLength: Int64?
    /// Whether content follows: with `contentLength` `nil`, chunked on HTTP/1.1.
    public var hasContent: Bool
    /// Whether the connection is closed after the exchange, on HTTP/1.1.
    public var closesConnection: Bool

    /// Decides for `request`, or throws ``TransportError/Code/badRequest`` that names the field and the reason, or
    /// ``TransportError/Code/unsupported``.
    public init(_ request: Request) throws(TransportError) {
        if request.method == .connect { throw RequestFraming.refusedTunnel(request) }
        authority = request.url.authority
        fields = request.fields
        closesConnection = false
        hasContent = !request.body.isEmpty || request.hasTrailers
        contentLength = request.hasTrailers ? nil : request.body.length
        if !hasContent, !RequestFraming.expectsContent(request.method) { contentLength = nil }
        if RequestFraming.needsAttention(fields) { try settle(request) }
    }

    /// Methods for which `Content-Length: 0` says that there is no content (RFC 9110 §8.6).
    private static func expectsContent(_ method: HTTPRequest.Method) -> Bool {
        switch method {
        case .post, .put, .patch: true
        default: method.rawValue == "QUERY"
        }
    }

    /// A bit for the length of each name that needs attention.
    private static let lengths: UInt64 = [2, 4, 6, 7, 10, 14, 16, 17].reduce(0) { $0 | 1 << UInt64($1) }

    private static func needsAttention(_ fields: HTTPFields) -> Bool {
        var cookies = 0
        // By index: a field that is taken out is copied, with a retain for each of its parts.
        for index in fields.indices {
            if !HTTPField.isValidValue(fields[index].value) { return true }
            // Most names differ from all of these in their length, which costs less to compare.
            let length = fields[index].name.canonicalName.utf8.count
            guard RequestFraming.lengths & 1 << UInt64(min(63, length)) != 0 else { continue }
            switch fields[index].name {
            case .hostField, .contentLength, .transferEncoding, .connection, .te, .keepAliveField,
                .proxyConnectionField, .upgrade:
                return true
            case .cookie:
                cookies += 1
                if cookies > 1 { return true }
            default: break
            }
        }
        return false
    }

    private mutating func settle(_ request: Request) throws(TransportError) {
        var kept = HTTPFields()
        var hosts: [String] = []
        var cookies: [String] = []
        for field in fields {
            guard HTTPField.isValidValue(field.value) else {
                throw refused(request, field.name, "its value holds a character that RFC 9110 §5.5 forbids")
            }
            switch field.name {
            case .hostField: hosts.append(field.value)
            case .cookie: cookies.append(field.value)
            case .contentLength: try take(contentLength: field.value, of: request)
            case .connection:
                for option in field.value.split(separator: ",") {
                    switch option.lowercased().filter({ $0 != " " && $0 != "\t" }) {
                    case "close": closesConnection = true
                    case "keep-alive", "te": break
                    default: throw refused(request, field.name, "only close and keep-alive are taken")
                    }
                }
            case .te:
                guard field.value.lowercased() == "trailers" else {
                    throw refused(request, field.name, "only trailers is taken (RFC 9113 §8.2.2)")
                }
                kept.append(field)
            case .transferEncoding, .keepAliveField, .proxyConnectionField, .upgrade:
                throw refused(request, field.name, "the transport decides about it (RFC 9110 §7.6.1)")
            default: kept.append(field)
            }
        }
        guard hosts.count <= 1 else { throw refused(request, .hostField, "there is more than one") }
        if let host = hosts.first {
            guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && !"@/?#\\".utf8.contains($0) }) else {
                throw refused(request, .hostField, "it is not a host with an optional port (RFC 9110 §7.2)")
            }
            authority = host
        }
        if !cookies.isEmpty { kept.append(HTTPField(name: .cookie, value: cookies.joined(separator: "; "))) }
        fields = kept
    }

    private mutating func take(contentLength value: String, of request: Request) throws(TransportError) {
        guard !value.isEmpty, value.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let length = Int64(value) else {
            throw refused(request, .contentLength, "\(value) is not a number of bytes")
        }
        if let known = request.body.length, known != length {
            throw refused(request, .contentLength, "it says \(length), and the body has \(known) bytes")
        }
        if request.hasTrailers { return }
        contentLength = length
    }

    private static func refusedTunnel(_ request: Request) -> TransportError {
        TransportError(
            .unsupported, phase: .input, retrySafety: .notSent, endpoint: request.url.origin.description,
            message: "CONNECT \(request.url.origin): tunnels are made for proxies alone")
    }

    private func refused(_ request: Request, _ name: HTTPField.Name, _ reason: String) -> TransportError {
        TransportError(
            .badRequest, phase: .input, retrySafety: .notSent, endpoint: request.url.origin.description,
            message: "the request's \(name.rawName) field was refused: \(reason)")
    }
}

extension HTTPField.Name {
    /// Names that swift-http-types does not define. Each is a valid token, so the fallback is never used.
    package static let hostField = HTTPField.Name("Host") ?? .from
    package static let keepAliveField = HTTPField.Name("Keep-Alive") ?? .connection
    package static let proxyConnectionField = HTTPField.Name("Proxy-Connection") ?? .connection
}
