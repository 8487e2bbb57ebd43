internal import HTTPTypes
internal import Wire

/// One field line: `field-name ":" OWS field-value OWS` (RFC 9112 §5).
enum FieldLine {
    /// Reads the line, its line end taken off.
    ///
    /// The value keeps its bytes: those that are not UTF-8 (`obs-text`) come back from
    /// `HTTPField.withUnsafeBytesOfValue` as they were sent, and `value` shows U+FFFD in their place.
    @inline(__always)
    static func parse(_ line: Span<UInt8>) throws(HTTP1Error) -> HTTPField {
        guard let colon = line.firstIndex(of: .colon) else { throw missingColon(line) }
        let nameBytes = line.extracting(0..<colon)
        let value = line.extracting(line.trimmed(from: colon + 1))
        // HTTPField would turn what is refused here into spaces.
        guard value.holdsFieldValue else { throw refusal(ofValue: value, name: nameBytes) }
        if let name = FieldNames.common.name(nameBytes) { return HTTPField(name: name, bytes: value) }
        guard !line[0].isBlank else { throw folded() }
        guard nameBytes.isToken, let name = HTTPField.Name(String(text: nameBytes)) else {
            throw refusal(ofName: nameBytes)
        }
        return HTTPField(name: name, bytes: value)
    }

    @inline(never)
    private static func folded() -> HTTP1Error {
        // RFC 9112 §5.2: obs-fold, which a recipient may refuse.
        HTTP1Error(.foldedLine, "a field line begins with a blank, as if it went on with the line before it")
    }

    @inline(never)
    private static func missingColon(_ line: Span<UInt8>) -> HTTP1Error {
        guard line.count > 0, !line[0].isBlank else { return folded() }
        for index in line.indices where line[index] == .carriageReturn {
            return HTTP1Error(.bareCarriageReturn, "a field line of \(line.count) bytes holds a CR at byte \(index)")
        }
        return HTTP1Error(.missingColon, "a field line of \(line.count) bytes has no colon")
    }

    @inline(never)
    private static func refusal(ofName name: Span<UInt8>) -> HTTP1Error {
        guard name.count > 0 else { return HTTP1Error(.invalidFieldName, "a field line has no name before its colon") }
        for index in name.indices where name[index] == .carriageReturn {
            return HTTP1Error(.bareCarriageReturn, "a field line holds a CR at byte \(index), inside its name")
        }
        let shown = String(escaping: name)
        // RFC 9112 §5.1: refused, since readers have disagreed on what such a line means.
        if name[name.count - 1].isBlank {
            return HTTP1Error(.blankBeforeColon, "a field line has a blank between name and colon: \"\(shown)\"")
        }
        return HTTP1Error(.invalidFieldName, "a field name is not a token: \"\(shown)\"")
    }

    @inline(never)
    private static func refusal(ofValue value: Span<UInt8>, name: Span<UInt8>) -> HTTP1Error {
        guard name.count > 0, !name[0].isBlank else { return name.count > 0 ? folded() : refusal(ofName: name) }
        var index = 0
        while index < value.count, value[index].isFieldValueCharacter { index += 1 }
        let byte = index < value.count ? value[index] : 0
        let place = "the value of \"\(String(escaping: name))\" holds \\x\(String(byte, radix: 16)) at byte \(index)"
        return HTTP1Error(byte == .carriageReturn ? .bareCarriageReturn : .invalidFieldValue, place)
    }
}

extension HTTPField {
    /// A field with these bytes as its value. The caller has seen that they may stand in one.
    @inline(__always)
    init(name: Name, bytes: Span<UInt8>) {
        if let text = String(utf8: bytes) {
            self = HTTPField(name: name, value: text)
        } else {
            self = unsafe bytes.withUnsafeBufferPointer { unsafe HTTPField(name: name, value: $0) }
        }
    }

    /// Copies the value's bytes to the end; false, with nothing copied, if they may not stand in a field line.
    func appendValue(to output: inout [UInt8]) -> Bool {
        unsafe withUnsafeBytesOfValue { buffer in
            let bytes = unsafe buffer.span
            guard bytes.holdsFieldValue else { return false }
            output.append(bytes)
            return true
        }
    }
}
