package import HTTPTypes
internal import Wire

/// The fields of a head as bytes, in one buffer that is used again for each head.
///
/// Refuses what HTTP/2 and HTTP/3 forbid (RFC 9113 §8.2, RFC 9114 §4.2). Names go out in lower case.
package struct HeadBytes {
    /// Where a field lies: from `name` to `value` its name, from there to `end` its value.
    package struct Piece {
        package let name: Int
        package let value: Int
        package let end: Int
        /// Whether it must never be put into a table of the compression.
        package let isSecret: Bool
    }
    package private(set) var bytes: [UInt8] = []
    package private(set) var pieces: [Piece] = []

    package init() {}

    /// Bytes by the count of RFC 9113 §6.5.2 and RFC 9114 §4.2.2.
    package var size: Int { bytes.count + pieces.count * 32 }

    package mutating func clear() {
        bytes.removeAll(keepingCapacity: true)
        pieces.removeAll(keepingCapacity: true)
    }

    package mutating func add(_ name: String, _ value: String, isSecret: Bool = false) {
        let start = bytes.count
        bytes.append(name.utf8.span)
        let middle = bytes.count
        bytes.append(value.utf8.span)
        pieces.append(Piece(name: start, value: middle, end: bytes.count, isSecret: isSecret))
    }

    /// Adds fields up to the first that must not be sent, whose name it returns.
    package mutating func append(_ fields: HTTPFields) -> String? {
        for field in fields {
            let name = field.name.canonicalName
            guard !Self.isForbidden(name, field) else { return name }
            let start = bytes.count
            bytes.append(name.utf8.span)
            let middle = bytes.count
            unsafe field.withUnsafeBytesOfValue { unsafe bytes.append(contentsOf: $0) }
            pieces.append(
                Piece(
                    name: start, value: middle, end: bytes.count, isSecret: field.indexingStrategy == .disallow))
        }
        return nil
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
}
