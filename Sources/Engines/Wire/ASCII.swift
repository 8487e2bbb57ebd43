/// The octets that HTTP's grammars name, and the classes its rules are built from (RFC 5234 B.1, RFC 9110 §5.6).
extension UInt8 {
    /// Horizontal tab.
    @inlinable package static var tab: UInt8 { 0x09 }
    /// Line feed.
    @inlinable package static var lineFeed: UInt8 { 0x0A }
    /// Carriage return.
    @inlinable package static var carriageReturn: UInt8 { 0x0D }
    /// Space.
    @inlinable package static var space: UInt8 { 0x20 }
    /// Comma.
    @inlinable package static var comma: UInt8 { 0x2C }
    /// Colon.
    @inlinable package static var colon: UInt8 { 0x3A }
    /// Semicolon.
    @inlinable package static var semicolon: UInt8 { 0x3B }

    /// Space or tab: one octet of `OWS` (RFC 9110 §5.6.3).
    @inlinable package var isBlank: Bool { self == .space || self == .tab }

    /// Whether this is `DIGIT`.
    @inlinable package var isDigit: Bool { self &- 0x30 < 10 }

    /// Whether this is `ALPHA`.
    @inlinable package var isLetter: Bool { (self | 0x20) &- 0x61 < 26 }

    /// Whether this is a visible ASCII character, `VCHAR`.
    @inlinable package var isVisible: Bool { self &- 0x21 < 0x5E }

    /// Whether this may stand in a token, `tchar` (RFC 9110 §5.6.2).
    @inlinable package var isTokenCharacter: Bool {
        if isDigit || isLetter { return true }
        switch self {
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E, 0x5F, 0x60, 0x7C, 0x7E: return true
        default: return false
        }
    }

    /// Whether this may stand inside a field value: tab, space, `VCHAR` or `obs-text` (RFC 9110 §5.5).
    @inlinable package var isFieldValueCharacter: Bool { self == .tab || (self >= 0x20 && self != 0x7F) }

    /// The value of a hexadecimal digit of either case; nil for any other octet.
    @inlinable package var hexValue: UInt8? {
        if isDigit { return self &- 0x30 }
        let letter = (self | 0x20) &- 0x61
        return letter < 6 ? letter &+ 10 : nil
    }

    /// `A`–`Z` in lower case, every other octet as it is.
    @inlinable package var lowercased: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }
}
