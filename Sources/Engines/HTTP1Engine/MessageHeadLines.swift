package import Fields
internal import HTTPTypes
internal import Wire

/// Reads heads of one kind, line by line.
protocol HeadReader: Sendable {
    associatedtype Head: Sendable

    /// Reads one line, its line end included; gives the head with the line that ends it. `cache` is of the same
    /// connection, or of several.
    mutating func read(_ line: Span<UInt8>, _ cache: inout FieldCache) throws(HTTP1Error) -> Head?
    /// Whether a line may have `count` bytes.
    func hasRoom(for count: Int) -> Bool
    /// Whether no line of a head has been read.
    var isEmpty: Bool { get }
    /// Whether a head may begin with these bytes, as far as they go.
    static func mayBegin(with bytes: Span<UInt8>) -> Bool
}

/// Puts the heads of a response together, line by line: each informational one, and the final one.
package struct ResponseHeadLines: HeadReader, Sendable {
    private let limits: HTTP1Limits
    private let synthesised: Bool
    private var lines: HeadLines
    private var start = StatusLine(status: 0)
    private var list = FieldList()

    /// `synthesised` also takes the status line `HTTP/2 200`, which libcurl makes up for responses of HTTP/2.
    package init(limits: HTTP1Limits = HTTP1Limits(), synthesised: Bool = false) {
        self.limits = limits
        self.synthesised = synthesised
        lines = HeadLines(.status(synthesised: synthesised), limits: limits)
    }

    /// Reads one line, its line end included; gives the head with the empty line that ends it, nil before.
    ///
    /// The next line may then be the first of another head. After an error the value must not be used again.
    /// Fields that came before are found in `cache`, which heads that come side by side may share.
    package mutating func read(
        _ line: Span<UInt8>, _ cache: inout FieldCache
    ) throws(HTTP1Error) -> ResponseHead? {
        let place = try lines.place(line)
        let content = line.extracting(0..<(line.count - 2))
        switch place {
        case .start:
            start = try StatusLine(content, synthesised: synthesised)
            list.begin(cache)
            return nil
        case .field:
            let unnamed = content.extracting(0..<0)
            let probe = cache.probe(unnamed, content)
            if probe.stamp != 0 {
                list.append(probe, cache)
            } else {
                let field = try FieldLine.parse(content)
                list.append(field, stamp: cache.keep(field, unnamed, content, at: probe))
            }
            return nil
        case .end:
            lines = HeadLines(.status(synthesised: synthesised), limits: limits)
            return ResponseHead(
                version: start.version, status: start.status, reason: start.reason, fields: list.end(&cache))
        }
    }

    func hasRoom(for count: Int) -> Bool { lines.hasRoom(for: count) }

    var isEmpty: Bool { lines.isEmpty }

    static func mayBegin(with bytes: Span<UInt8>) -> Bool {
        let length = min(bytes.count, 5)
        let name: [UInt8] = [0x48, 0x54, 0x54, 0x50, 0x2F]
        return bytes.extracting(0..<length).hasSameBytes(as: name.span.extracting(0..<length))
    }
}

/// Puts the head of a request together, line by line, and checks what concerns the whole of it: the Host field.
struct RequestHeadLines: HeadReader, Sendable {
    private let limits: HTTP1Limits
    private var lines: HeadLines
    private var head: RequestHead?
    private var seenBlankLine = false

    init(limits: HTTP1Limits = HTTP1Limits()) {
        self.limits = limits
        lines = HeadLines(.request, limits: limits)
    }

    mutating func read(_ line: Span<UInt8>, _: inout FieldCache) throws(HTTP1Error) -> RequestHead? {
        // RFC 9112 §2.2: one empty line before the request line is passed over.
        if lines.isEmpty, !seenBlankLine, line.count == 2, line[0] == .carriageReturn {
            seenBlankLine = true
            return nil
        }
        switch try lines.read(line) {
        case .request(let start):
            head = RequestHead(method: start.method, target: start.target, version: start.version)
            head?.fields.reserveCapacity(16)
        case .field(let field): head?.fields.append(field)
        case .status: break
        case .end:
            let complete = head
            try complete?.checkHost()
            self = RequestHeadLines(limits: limits)
            return complete
        }
        return nil
    }

    func hasRoom(for count: Int) -> Bool { lines.hasRoom(for: count) }

    var isEmpty: Bool { lines.isEmpty }

    static func mayBegin(with bytes: Span<UInt8>) -> Bool { true }
}

extension RequestHead {
    /// Refuses a request of HTTP/1.1 without a Host field, and any with two, or with one that names no host
    /// (RFC 9112 §3.2).
    func checkHost() throws(HTTP1Error) {
        var found = false
        for field in fields where field.name.canonicalName == "host" {
            guard !found else { throw HTTP1Error(.badHost, "more than one Host field") }
            found = true
            let value = field.value.utf8.span
            guard Authority.isHostValue(value) else {
                throw HTTP1Error(.badHost, "the Host field names no host: \"\(String(escaping: value))\"")
            }
        }
        guard found || version == .http10 else {
            throw HTTP1Error(.missingHost, "a request of HTTP/1.1 has no Host field")
        }
    }
}
