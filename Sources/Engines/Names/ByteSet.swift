/// A set of ASCII bytes that answers in a shift and a mask.
struct ByteSet: Sendable {
    private let low: UInt64
    private let high: UInt64

    /// The bytes of `characters`; what is not ASCII in it is left out.
    init(_ characters: String) {
        var low: UInt64 = 0
        var high: UInt64 = 0
        for byte in characters.utf8 where byte < 128 {
            if byte < 64 { low |= 1 << UInt64(byte) } else { high |= 1 << UInt64(byte - 64) }
        }
        self.low = low
        self.high = high
    }

    @inline(__always) func contains(_ byte: UInt8) -> Bool {
        if byte < 64 { return (low >> UInt64(byte)) & 1 == 1 }
        return byte < 128 && (high >> UInt64(byte & 63)) & 1 == 1
    }

    private static let alphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

    /// What a host name may hold once it is in lower case: letters, digits, hyphen, dot, and the underscore that
    /// names in the wild have.
    static let host = ByteSet("abcdefghijklmnopqrstuvwxyz0123456789-._")

    /// `pchar`, "/" and "?" of RFC 3986 §3.3–3.5, and the square brackets, which the grammar leaves out and every
    /// other client sends as they are. "%" is not in it: whether it may stand depends on what follows.
    static let target = ByteSet(alphanumeric + "-._~!$&'()*+,;=:@/?[]")

    /// What a path may hold: `target` without the mark that ends a path.
    static let path = ByteSet(alphanumeric + "-._~!$&'()*+,;=:@/[]")

    /// `unreserved` of RFC 3986 §2.3.
    static let unreserved = ByteSet(alphanumeric + "-._~")

    /// What application/x-www-form-urlencoded leaves as it is (WHATWG URL §5.2).
    static let form = ByteSet(alphanumeric + "*-._")
}

extension UInt8 {
    /// Whether the byte is a C0 control or DEL.
    @inline(__always) var isControl: Bool { self < 0x20 || self == 0x7F }

    @inline(__always) var isDigit: Bool { self &- 0x30 < 10 }

    /// The value of a hexadecimal digit, 0 to 15.
    @inline(__always) var hexValue: UInt8? {
        switch self {
        case 0x30...0x39: self &- 0x30
        case 0x41...0x46: self &- 0x37
        case 0x61...0x66: self &- 0x57
        default: nil
        }
    }

    @inline(__always) var isLetter: Bool { (self | 0x20) &- 0x61 < 26 }

    /// The byte in lower case, if it is an ASCII letter in upper case.
    @inline(__always) var lowercased: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }
}
