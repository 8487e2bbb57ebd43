import CBrotli
import CZlib
import CZstd

/// The libraries behind the codings, as they are found at run time: what `--version` shows.
package enum LibraryVersions {
    /// zlib's version, such as "1.2.13".
    package static var zlib: String { unsafe zlibVersion().map { unsafe String(cString: $0) } ?? "unknown" }

    /// brotli's version, such as "1.0.9".
    package static var brotli: String {
        let version = BrotliDecoderVersion()  // 8 bits major, 12 minor, 12 patch
        return "\(version >> 24).\(version >> 12 & 0xFFF).\(version & 0xFFF)"
    }

    /// zstd's version, such as "1.5.4".
    package static var zstd: String { unsafe ZSTD_versionString().map { unsafe String(cString: $0) } ?? "unknown" }
}
