import Wire

/// Reads structured fields (RFC 9651 §4.2). Several fields of the same name are joined with commas before.
package enum StructuredField {
    /// An item: the whole of a field.
    package static func item(_ text: String) throws(StructuredFieldError) -> StructuredItem {
        try whole(text) { (parser) throws(StructuredFieldError) in try parser.item() }
    }

    /// A list: members between commas; empty for an empty field.
    package static func list(_ text: String) throws(StructuredFieldError) -> [StructuredMember] {
        try whole(text) { (parser) throws(StructuredFieldError) in try parser.list() }
    }

    /// A dictionary: members with names; empty for an empty field.
    package static func dictionary(_ text: String) throws(StructuredFieldError) -> StructuredMap<StructuredMember> {
        try whole(text) { (parser) throws(StructuredFieldError) in try parser.dictionary() }
    }

    private static func whole<Value>(
        _ text: String, _ read: (inout StructuredParser) throws(StructuredFieldError) -> Value
    ) throws(StructuredFieldError) -> Value {
        var parser = StructuredParser(Array(text.utf8))
        parser.skipSpaces()
        let value = try read(&parser)
        parser.skipSpaces()
        guard parser.peek == nil else { throw parser.error("the end of the field was expected") }
        return value
    }
}

/// A place in the text of a structured field, and the rules that lead on from it.
struct StructuredParser {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    func error(_ message: String) -> StructuredFieldError { StructuredFieldError(message: message, offset: position) }

    mutating func next() -> UInt8? {
        defer { if position < bytes.count { position += 1 } }
        return peek
    }

    mutating func skip(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        position += 1
        return true
    }

    mutating func skipSpaces() { while skip(.space) {} }
    mutating func skipBlanks() { while peek?.isBlank == true { position += 1 } }

    mutating func take(while isTaken: (UInt8) -> Bool) -> String {
        let start = position
        while let byte = peek, isTaken(byte) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    // MARK: containers

    mutating func list() throws(StructuredFieldError) -> [StructuredMember] {
        var members: [StructuredMember] = []
        while peek != nil {
            members.append(try member())
            guard try separator() else { break }
        }
        return members
    }

    mutating func dictionary() throws(StructuredFieldError) -> StructuredMap<StructuredMember> {
        var members = StructuredMap<StructuredMember>()
        while peek != nil {
            let name = try key()
            if skip(UInt8(ascii: "=")) {
                members[name] = try member()
            } else {
                members[name] = .item(StructuredItem(value: .boolean(true), parameters: try parameters()))
            }
            guard try separator() else { break }
        }
        return members
    }

    /// Whether another member follows.
    private mutating func separator() throws(StructuredFieldError) -> Bool {
        skipBlanks()
        guard peek != nil else { return false }
        guard skip(.comma) else { throw error("a comma was expected") }
        skipBlanks()
        guard peek != nil else { throw error("a member was expected after the comma") }
        return true
    }

    private mutating func member() throws(StructuredFieldError) -> StructuredMember {
        guard skip(UInt8(ascii: "(")) else { return .item(try item()) }
        var items: [StructuredItem] = []
        while peek != nil {
            skipSpaces()
            if skip(UInt8(ascii: ")")) { return .innerList(items, try parameters()) }
            items.append(try item())
            guard peek == .space || peek == UInt8(ascii: ")") else {
                throw error("a space or the end of the inner list was expected")
            }
        }
        throw error("the end of an inner list was expected")
    }

    mutating func item() throws(StructuredFieldError) -> StructuredItem {
        let value = try bareItem()
        return StructuredItem(value: value, parameters: try parameters())
    }

    private mutating func parameters() throws(StructuredFieldError) -> StructuredMap<BareItem> {
        var parameters = StructuredMap<BareItem>()
        while skip(.semicolon) {
            skipSpaces()
            let name = try key()
            parameters[name] = skip(UInt8(ascii: "=")) ? try bareItem() : .boolean(true)
        }
        return parameters
    }

    private mutating func key() throws(StructuredFieldError) -> String {
        guard let first = peek, first == UInt8(ascii: "*") || 0x61...0x7a ~= first else {
            throw error("a name was expected")
        }
        return take { byte in
            switch byte {
            case 0x61...0x7a, 0x30...0x39, UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "*"):
                true
            default: false
            }
        }
    }
}
