internal import HTTPTypes
internal import Wire

/// The field names that peers send all the time, found by their bytes without an allocation.
///
/// A name is found in the two spellings that are common, `Content-Type` and `content-type`, and keeps the one it was
/// sent in. A cached name is valid, so a hit needs no look at its characters.
struct FieldNames: Sendable {
    /// One table for the process; it never changes.
    static let common = FieldNames()

    private struct Entry: Sendable {
        let head: UInt64
        let tail: UInt64
        let length: Int
        let name: HTTPField.Name
    }

    /// Open addressing: position in `entries` plus one, nought where no name is.
    private var slots: [UInt8]
    private var entries: [Entry]

    private init() {
        slots = [UInt8](repeating: 0, count: 1 << FieldNames.slotBits)
        entries = []
        for name in FieldNames.standard {
            insert(name)
            if let lower = HTTPField.Name(name.canonicalName) { insert(lower) }
        }
        for spelling in FieldNames.others {
            guard let name = HTTPField.Name(spelling) else { continue }
            insert(name)
            if let lower = HTTPField.Name(name.canonicalName) { insert(lower) }
        }
    }

    /// The name with exactly these bytes; nil if it is none of the common ones.
    @inline(__always)
    func name(_ bytes: Span<UInt8>) -> HTTPField.Name? {
        guard bytes.count > 1, bytes.count <= 40 else { return nil }
        let (head, tail) = FieldNames.key(bytes)
        var slot = FieldNames.slot(head, tail, bytes.count)
        while slots[slot] != 0 {
            let entry = entries[Int(slots[slot]) - 1]
            if entry.head == head, entry.tail == tail, entry.length == bytes.count {
                // Head and tail overlap or meet up to 16 bytes: then nothing is left to compare.
                if bytes.count <= 16 || entry.name.rawName.utf8.span.hasSameBytes(as: bytes) { return entry.name }
            }
            slot = (slot + 1) & FieldNames.slotMask
        }
        return nil
    }

    private mutating func insert(_ name: HTTPField.Name) {
        guard entries.count < 255 else { return }
        let bytes = name.rawName.utf8.span
        let (head, tail) = FieldNames.key(bytes)
        var slot = FieldNames.slot(head, tail, bytes.count)
        while slots[slot] != 0 { slot = (slot + 1) & FieldNames.slotMask }
        entries.append(Entry(head: head, tail: tail, length: bytes.count, name: name))
        slots[slot] = UInt8(entries.count)
    }

    /// The first and the last eight bytes, or for shorter names four, or fewer.
    @inline(__always)
    private static func key(_ bytes: Span<UInt8>) -> (UInt64, UInt64) {
        let count = bytes.count
        if count >= 8 { return (bytes.word(at: 0), bytes.word(at: count - 8)) }
        if count >= 4 { return (UInt64(bytes.halfWord(at: 0)), UInt64(bytes.halfWord(at: count - 4))) }
        return (UInt64(bytes[0]), UInt64(bytes[count / 2]) << 8 | UInt64(bytes[count - 1]))
    }

    @inline(__always)
    private static func slot(_ head: UInt64, _ tail: UInt64, _ length: Int) -> Int {
        let mixed = (head &* 0x9E37_79B9_7F4A_7C15) ^ (tail &* 0xC2B2_AE3D_27D4_EB4F) ^ UInt64(length)
        return Int(truncatingIfNeeded: (mixed &* 0x9E37_79B9_7F4A_7C15) >> (64 - UInt64(slotBits)))
    }

    private static let slotBits = 10
    private static let slotMask = (1 << slotBits) - 1

    private static let standard: [HTTPField.Name] = [
        .accept, .acceptEncoding, .acceptLanguage, .acceptRanges, .accessControlAllowCredentials,
        .accessControlAllowHeaders, .accessControlAllowMethods, .accessControlAllowOrigin,
        .accessControlExposeHeaders, .accessControlMaxAge, .age, .allow, .authorization, .cacheControl, .connection,
        .contentDisposition, .contentEncoding, .contentLanguage, .contentLength, .contentLocation, .contentRange,
        .contentSecurityPolicy, .contentType, .cookie, .crossOriginResourcePolicy, .date, .earlyData, .eTag, .expect,
        .expires, .from, .ifMatch, .ifModifiedSince, .ifNoneMatch, .ifRange, .ifUnmodifiedSince, .lastModified,
        .location, .maxForwards, .origin, .priority, .proxyAuthenticate, .proxyAuthorization, .range, .referer,
        .retryAfter, .server, .setCookie, .strictTransportSecurity, .te, .trailer, .transferEncoding, .upgrade,
        .userAgent, .vary, .via, .wwwAuthenticate, .xContentTypeOptions,
    ]

    private static let others: [String] = [
        "Alt-Svc", "CF-Cache-Status", "CF-RAY", "Cross-Origin-Opener-Policy", "Cross-Origin-Embedder-Policy",
        "Expect-CT", "Host", "Keep-Alive", "Link", "NEL", "P3P", "Permissions-Policy", "Pragma", "Proxy-Connection",
        "Referrer-Policy", "Report-To", "Server-Timing", "Timing-Allow-Origin", "Upgrade-Insecure-Requests",
        "X-Amz-Cf-Id", "X-Amz-Cf-Pop", "X-Amz-Request-Id", "X-Cache", "X-Cache-Hits", "X-Forwarded-For",
        "X-Forwarded-Proto", "X-Frame-Options", "X-Powered-By", "X-RateLimit-Limit", "X-RateLimit-Remaining",
        "X-RateLimit-Reset", "X-Request-Id", "X-Served-By", "X-Timer", "X-XSS-Protection",
    ]
}
