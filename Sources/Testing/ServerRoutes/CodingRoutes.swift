import Codings
import TestServer

/// Routes whose content is coded (RFC 9110 §8.4).
extension Routes {
    static let coding: [Route] = [
        Route("/gzip: in gzip", [.get]) { coded($0, .gzip) },
        Route("/deflate: in deflate", [.get]) { coded($0, .deflate) },
        Route("/brotli: in br", [.get]) { coded($0, .br) },
        Route("/zstd: in zstd", [.get]) { coded($0, .zstd) },
    ]

    private static func coded(_ visit: Visit, _ coding: ContentCoding) -> TestServer.Reply {
        let text = JSONText.object([
            ("coding", .text(coding.rawValue)), ("headers", fields(of: visit)),
            ("filler", .text(String(repeating: "The tern flies from pole to pole. ", count: 40))),
        ]).pretty
        guard let bytes = try? ContentEncoder.encode(Array(text.utf8), as: coding) else {
            return .text("\(coding.rawValue) is not there\n", .internalServerError)
        }
        return .bytes(
            bytes,
            fields: [.contentType: "application/json", .contentEncoding: coding.rawValue, .vary: "Accept-Encoding"])
    }
}
