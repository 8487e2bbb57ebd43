import CBrotli
import CZlib
import CZstd

/// Applies a content coding to a whole body: for servers and tests.
package enum ContentEncoder {
    /// The bytes in `coding`, at a middling level.
    package static func encode(_ bytes: [UInt8], as coding: ContentCoding) throws(CodingError) -> [UInt8] {
        switch coding {
        case .gzip: try deflate(bytes, .gzip, for: coding)
        case .deflate: try deflate(bytes, .zlib, for: coding)
        case .br: try brotli(bytes)
        case .zstd: try zstd(bytes)
        }
    }

    /// The bytes as the bare blocks of RFC 1951, which some servers send as deflate.
    package static func encodeBareDeflate(_ bytes: [UInt8]) throws(CodingError) -> [UInt8] {
        try deflate(bytes, .bare, for: .deflate)
    }

    private static func deflate(
        _ bytes: [UInt8], _ framing: InflateHandle.Framing, for coding: ContentCoding
    ) throws(CodingError) -> [UInt8] {
        var stream = unsafe z_stream()
        let size = unsafe CInt(MemoryLayout<z_stream>.size)
        let opened = unsafe deflateInit2_(
            &stream, 6, Z_DEFLATED, framing.rawValue, 8, Z_DEFAULT_STRATEGY, zlibVersion(), size)
        guard opened == Z_OK, let length = UInt32(exactly: bytes.count) else { throw .unavailable(coding) }
        defer { unsafe deflateEnd(&stream) }
        let bound = unsafe Int(deflateBound(&stream, UInt(bytes.count)))
        var result = Z_OK
        let output = unsafe bytes.withUnsafeBufferPointer { source in
            unsafe [UInt8](unsafeUninitializedCapacity: bound) { target, count in
                unsafe stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
                unsafe stream.avail_in = length
                unsafe stream.next_out = target.baseAddress
                unsafe stream.avail_out = UInt32(clamping: target.count)
                result = unsafe CZlib.deflate(&stream, Z_FINISH)
                count = unsafe Int(stream.total_out)
            }
        }
        guard result == Z_STREAM_END else { throw .unavailable(coding) }
        return output
    }

    private static func brotli(_ bytes: [UInt8]) throws(CodingError) -> [UInt8] {
        var done = BROTLI_FALSE
        let output = unsafe bytes.withUnsafeBufferPointer { source in
            let bound = max(BrotliEncoderMaxCompressedSize(source.count), 16)
            return unsafe [UInt8](unsafeUninitializedCapacity: bound) { target, count in
                count = target.count
                done = unsafe BrotliEncoderCompress(
                    5, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC, source.count, source.baseAddress, &count,
                    target.baseAddress)
                if done == BROTLI_FALSE { count = 0 }
            }
        }
        guard done == BROTLI_TRUE else { throw .unavailable(.br) }
        return output
    }

    private static func zstd(_ bytes: [UInt8]) throws(CodingError) -> [UInt8] {
        var result = 0
        let output = unsafe bytes.withUnsafeBufferPointer { source in
            unsafe [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(source.count)) { target, count in
                result = unsafe ZSTD_compress(target.baseAddress, target.count, source.baseAddress, source.count, 3)
                count = ZSTD_isError(result) == 0 ? result : 0
            }
        }
        guard ZSTD_isError(result) == 0 else { throw .unavailable(.zstd) }
        return output
    }
}
