internal import CNGHTTP2
internal import Fields
internal import HTTPTypes

extension HeadBytes {
    mutating func add(_ fields: HTTPFields) throws(HTTP2Error) {
        guard let name = append(fields) else { return }
        throw HTTP2Error(.invalidMessage, "the field \(name) may not be sent over HTTP/2 (RFC 9113 §8.2.2)")
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
