internal import CNGHTTP2
internal import HTTPTypes
internal import Wire

/// The fields of a head as bytes, in one buffer that is used again for each head.
///
/// Refuses what HTTP/2 forbids (RFC 9113 §8.2). Names go out in lower case.
@safe
struct HeadBytes {
    private struct Piece {
        var name: Int
        var value: Int
        var end: Int
        var isSecret: Bool
    }
    private var bytes: [UInt8] = []
    private var pieces: [Piece] = []
    /// Bytes by the count of RFC 9113 §6.5.2.
    var size: Int { bytes.count + pieces.count * 32 }

    mutating func clear() {
        bytes.removeAll(keepingCapacity: true)
        pieces.removeAll(keepingCapacity: true)
    }

    mutating func add(_ name: String, _ value: String, isSecret: Bool = false) {
        let start = bytes.count
        bytes.append(name.utf8.span)
        let middle = bytes.count
        bytes.append(value.utf8.span)
        pieces.append(Piece(name: start, value: middle, end: bytes.count, isSecret: isSecret))
    }

    mutating func add(_ fields: HTTPFields) throws(HTTP2Error) {
        for field in fields {
            let name = field.name.canonicalName
            guard !Self.isForbidden(name, field) else {
                throw HTTP2Error(.invalidMessage, "the field \(name) may not be sent over HTTP/2 (RFC 9113 §8.2.2)")
            }
            let start = bytes.count
            bytes.append(name.utf8.span)
            let middle = bytes.count
            unsafe field.withUnsafeBytesOfValue { unsafe bytes.append(contentsOf: $0) }
            pieces.append(
                Piece(
                    name: start, value: middle, end: bytes.count, isSecret: field.indexingStrategy == .disallow))
        }
    }

    /// Fields of one connection, and pseudo-header fields in disguise.
    private static func isForbidden(_ name: String, _ field: HTTPField) -> Bool {
        switch name.utf8.count {
        case 0: true
        case 2: name == "te" && field.value != "trailers"
        case 7: name == "upgrade"
        case 10: name == "connection" || name == "keep-alive"
        case 16: name == "proxy-connection"
        case 17: name == "transfer-encoding"
        default: name.utf8.first == .colon
        }
    }

    /// Lends the fields in nghttp2's form. nghttp2 copies them before it returns.
    func withFields(_ body: (UnsafePointer<nghttp2_nv>?, Int) -> Int32) -> Int32 {
        unsafe bytes.withUnsafeBufferPointer { buffer in
            // nghttp2 only reads, though it declares otherwise.
            guard let base = unsafe UnsafeMutablePointer(mutating: buffer.baseAddress) else { return body(nil, 0) }
            return unsafe withUnsafeTemporaryAllocation(of: nghttp2_nv.self, capacity: pieces.count) { fields in
                for (index, piece) in pieces.enumerated() {
                    unsafe fields.initializeElement(
                        at: index,
                        to: nghttp2_nv(
                            name: base + piece.name, value: base + piece.value, namelen: piece.value - piece.name,
                            valuelen: piece.end - piece.value,
                            flags: piece.isSecret ? UInt8(NGHTTP2_NV_FLAG_NO_INDEX.rawValue) : 0))
                }
                return unsafe body(fields.baseAddress, pieces.count)
            }
        }
    }
}
