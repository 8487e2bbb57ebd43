import Codings
import Tern

/// What `--version` shows: this program, its libraries, and what each transport can do with them.
enum VersionText {
    static var text: String {
        var lines = [
            "tern \(ternVersion) \(CurlTransport.libraries) zlib/\(LibraryVersions.zlib) "
                + "brotli/\(LibraryVersions.brotli) zstd/\(LibraryVersions.zstd)",
            "", "Transports", "  curl",
        ]
        for protocols in [ProtocolSet.http1, .http2, .http2PriorKnowledge] {
            let able = CurlTransport().capabilities(over: protocols)
            lines.append("    over \(protocols): \(able.features)")
            lines += able.gaps.map { "      not \($0.feature): \($0.reason)" }
        }
        return lines.joined(separator: "\n")
    }
}
