/// A content coding that can be undone here (RFC 9110 §8.4.1).
package enum ContentCoding: String, Hashable, Sendable, CaseIterable {
    /// RFC 1952, one or more members.
    case gzip
    /// The zlib format of RFC 1950, or the bare format of RFC 1951 that some servers send under this name.
    case deflate
    /// Brotli, RFC 7932.
    case br
    /// Zstandard, RFC 8878, one or more frames with a window of at most 8 MiB (RFC 9659).
    case zstd

    /// What `Accept-Encoding` lists.
    package static let acceptable = allCases.map(\.rawValue).joined(separator: ", ")

    /// Reads the values of `Content-Encoding`, in the order in which the codings were applied: names in any case,
    /// `x-gzip` as gzip, `identity` and empty members left out.
    ///
    /// - Throws: `unknownCoding` for any other name.
    package static func parse(fieldValues: [String]) throws(CodingError) -> [ContentCoding] {
        var codings: [ContentCoding] = []
        for value in fieldValues {
            for member in value.split(separator: ",") {
                let words = member.split { $0 == " " || $0 == "\t" }
                guard words.count < 2 else { throw .unknownCoding(String(member)) }
                let name = words.first?.lowercased() ?? ""
                switch name {
                case "", "identity": continue
                case "x-gzip": codings.append(.gzip)
                default:
                    guard let coding = ContentCoding(rawValue: name) else { throw .unknownCoding(String(member)) }
                    codings.append(coding)
                }
            }
        }
        return codings
    }
}
