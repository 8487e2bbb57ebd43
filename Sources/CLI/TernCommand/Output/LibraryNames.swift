import CIDN2
import CNGHTTP2
import CPSL
import CQUIC
import Codings
import Tern

/// The C libraries in use, with the versions that they tell themselves.
enum LibraryNames {
    static var all: String {
        [
            CurlTransport.libraries, nghttp2, unsafe text("", tern_quic_libraries()), "zlib/\(LibraryVersions.zlib)",
            "brotli/\(LibraryVersions.brotli)", "zstd/\(LibraryVersions.zstd)",
            unsafe text("libidn2/", idn2_check_version(nil)), unsafe text("libpsl/", psl_get_version()),
        ].joined(separator: " ")
    }

    private static var nghttp2: String {
        guard let info = unsafe nghttp2_version(0) else { return "nghttp2/?" }
        return unsafe text("nghttp2/", info.pointee.version_str)
    }

    private static func text(_ name: String, _ version: UnsafePointer<CChar>?) -> String {
        guard let version = unsafe version else { return "\(name)?" }
        return name + (unsafe String(cString: version).split(separator: " ").joined(separator: " "))
    }
}
