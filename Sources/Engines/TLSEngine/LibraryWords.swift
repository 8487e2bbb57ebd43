internal import COpenSSL

/// OpenSSL's queue of errors, read and emptied.
@safe
struct LibraryWords {
    /// OpenSSL's reason, nought if there was none.
    let reason: Int32
    /// Its words: `certificate verify failed`.
    let text: String
    /// Its number with library and reason, in hexadecimal.
    let number: String?

    /// Takes the first error of the calling thread, which is the cause; drops the others.
    init() {
        let code = ERR_get_error()
        ERR_clear_error()
        guard code != 0 else {
            reason = 0
            text = "no reason given"
            number = nil
            return
        }
        // ERR_GET_REASON: 23 bits, but for errors of the system.
        reason = Int32(truncatingIfNeeded: code & 0x7F_FFFF)
        text = unsafe ERR_reason_error_string(code).map { unsafe String(cString: $0) } ?? "error \(code)"
        number = String(code, radix: 16, uppercase: true)
    }

    /// The alert that the peer sent, where that is the reason: OpenSSL adds 1,000 to its number.
    var alert: UInt8? { (1_000..<1_256).contains(reason) ? UInt8(reason - 1_000) : nil }
}
