private import Glibc

/// What the engines ask of bytes that they were lent. Every access is checked against the span's bounds, so an
/// engine above this file needs no `unsafe`.
extension Span<UInt8> {
    /// The first position of `byte` at or after `start`; nil if there is none, or `start` lies behind the end.
    package func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
        guard start >= 0, start < count else { return nil }
        return unsafe withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress,
                let hit = unsafe memchr(base + start, Int32(byte), buffer.count - start)
            else { return nil }
            return unsafe UnsafeRawPointer(hit) - UnsafeRawPointer(base)
        }
    }

    /// Where the bytes from `start` on lie without blanks (space, tab) at both ends: `OWS` taken off
    /// (RFC 9110 §5.6.3). Empty if `start` lies behind the end.
    @inlinable package func trimmed(from start: Int = 0) -> Range<Int> {
        var start = Swift.min(start, count)
        var end = count
        while start < end, self[start].isBlank { start += 1 }
        while end > start, self[end - 1].isBlank { end -= 1 }
        return start..<end
    }

    /// The eight bytes at `offset`, the first one lowest. Traps if fewer than eight are left: ask `count` first.
    @inlinable @inline(__always) package func word(at offset: Int) -> UInt64 {
        unsafe UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// The four bytes at `offset`, the first one lowest. Traps if fewer than four are left: ask `count` first.
    @inlinable @inline(__always) package func halfWord(at offset: Int) -> UInt32 {
        unsafe UInt32(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    /// Whether these are the bytes of `other`.
    package func hasSameBytes(as other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        return unsafe withUnsafeBufferPointer { left in
            unsafe other.withUnsafeBufferPointer { right in
                guard let a = left.baseAddress, let b = right.baseAddress else { return true }
                return unsafe memcmp(a, b, left.count) == 0
            }
        }
    }

    /// Whether these are the ASCII characters of `text`, letters of either case.
    @inlinable package func isCaseInsensitively(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { buffer in
            for index in 0..<buffer.count where unsafe self[index].lowercased != buffer[index].lowercased {
                return false
            }
            return true
        }
    }

    /// Whether every byte may stand in a field value (RFC 9110 §5.5); says nothing of blanks at the ends.
    ///
    /// Eight bytes a step: a word with a byte below 0x20 or equal to 0x7F is looked at byte by byte, for the tabs.
    package var holdsFieldValue: Bool {
        var offset = 0
        while offset + 8 <= count {
            let word = word(at: offset)
            let high: UInt64 = 0x8080_8080_8080_8080
            let ones: UInt64 = 0x0101_0101_0101_0101
            let below = (word &- ones &* 0x20) & ~word & high
            let deletes = word ^ (ones &* 0x7F)
            let deleted = (deletes &- ones) & ~deletes & high
            if below | deleted != 0 {
                for index in offset..<(offset + 8) where !self[index].isFieldValueCharacter { return false }
            }
            offset += 8
        }
        while offset < count {
            guard self[offset].isFieldValueCharacter else { return false }
            offset += 1
        }
        return true
    }

    /// Whether this is a token: one or more `tchar` (RFC 9110 §5.6.2).
    package var isToken: Bool {
        guard !isEmpty else { return false }
        for index in indices where !self[index].isTokenCharacter { return false }
        return true
    }
}

extension String {
    /// The text of these bytes if they are UTF-8. `String(validating:as:)` does the same at twice the cost.
    @inlinable package init?(utf8 bytes: Span<UInt8>) {
        guard let text = try? UTF8Span(validating: bytes) else { return nil }
        self = String(copying: text)
    }

    /// The text of these bytes as UTF-8; what is not UTF-8 is read as ISO-8859-1, in which every byte is a character.
    package init(text bytes: Span<UInt8>) {
        if let decoded = String(utf8: bytes) {
            self = decoded
        } else {
            var latin = String.UnicodeScalarView()
            for index in bytes.indices { latin.append(Unicode.Scalar(bytes[index])) }
            self = String(latin)
        }
    }

    /// These bytes for a message: at most `limit` of them, those that are not visible ASCII escaped as `\xNN`.
    package init(escaping bytes: Span<UInt8>, limit: Int = 48) {
        var text = ""
        for index in 0..<Swift.min(limit, bytes.count) {
            let byte = bytes[index]
            if byte.isVisible || byte == .space {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                text += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
        self = bytes.count > limit ? text + "…" : text
    }
}

extension [UInt8] {
    /// A copy of the bytes.
    package init(_ bytes: Span<UInt8>) {
        self = unsafe bytes.withUnsafeBufferPointer { unsafe [UInt8]($0) }
    }

    /// Copies the bytes to the end.
    package mutating func append(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}
