/// Lays JSON out for a terminal as it comes: a member a line, names, strings, numbers and words in colours. What is not
/// JSON passes as it is from where it stops to be.
struct JSONPainter {
    private enum Place {
        case value
        case string(isName: Bool, isEscaped: Bool)
        case word
        case outside
    }

    private var place = Place.value
    /// What is open: true for an object.
    private var open: [Bool] = []
    private var expectsName = false
    private var isEmpty = false
    private var output: [UInt8] = []

    private static let reset = "\u{1B}[0m"

    /// Whether a body of this media type is JSON.
    static func paints(_ type: String) -> Bool {
        let name = type.prefix { $0 != ";" && $0 != " " }.lowercased()
        return name == "application/json" || name == "text/json" || name.hasSuffix("+json")
    }

    /// What the terminal gets for `bytes`.
    mutating func paint(_ bytes: [UInt8]) -> [UInt8] {
        output.reserveCapacity(bytes.count * 2)
        for byte in bytes { take(byte) }
        defer { output = [] }
        return output
    }

    /// What ends the text.
    mutating func finish() -> [UInt8] {
        if case .outside = place { return [] }
        return Array((Self.reset + "\n").utf8)
    }

    private mutating func take(_ byte: UInt8) {
        switch place {
        case .outside: output.append(byte)
        case .string(let isName, let isEscaped): inString(byte, isName, isEscaped)
        case .word:
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
                output.append(byte)
            default:
                add(Self.reset)
                place = .value
                take(byte)
            }
        case .value: inValue(byte)
        }
    }

    private mutating func inString(_ byte: UInt8, _ isName: Bool, _ isEscaped: Bool) {
        // Control characters could move the terminal's cursor.
        if byte < 0x20 || byte == 0x7f { return leave(byte) }
        output.append(byte)
        if isEscaped {
            place = .string(isName: isName, isEscaped: false)
        } else if byte == UInt8(ascii: "\\") {
            place = .string(isName: isName, isEscaped: true)
        } else if byte == UInt8(ascii: "\"") {
            add(Self.reset)
            place = .value
        }
    }

    private mutating func inValue(_ byte: UInt8) {
        switch byte {
        case 0x20, 0x09, 0x0a, 0x0d: break
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            begin()
            output.append(byte)
            open.append(byte == UInt8(ascii: "{"))
            expectsName = byte == UInt8(ascii: "{")
            isEmpty = true
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            guard open.popLast() == (byte == UInt8(ascii: "}")) else { return leave(byte) }
            if !isEmpty { line() }
            isEmpty = false
            output.append(byte)
        case UInt8(ascii: ","):
            output.append(byte)
            line()
            expectsName = open.last ?? false
        case UInt8(ascii: ":"):
            add(": ")
            expectsName = false
        case UInt8(ascii: "\""):
            begin()
            add(expectsName ? "\u{1B}[34;1m\"" : "\u{1B}[32m\"")
            place = .string(isName: expectsName, isEscaped: false)
        case 0x30...0x39, UInt8(ascii: "-"):
            begin()
            add("\u{1B}[36m")
            output.append(byte)
            place = .word
        case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"):
            begin()
            add("\u{1B}[33m")
            output.append(byte)
            place = .word
        default: leave(byte)
        }
    }

    /// The first thing in an array or object begins a line.
    private mutating func begin() {
        if isEmpty, !open.isEmpty { line() }
        isEmpty = false
    }

    private mutating func line() {
        output.append(0x0a)
        for _ in open { add("  ") }
    }

    private mutating func leave(_ byte: UInt8) {
        add(Self.reset)
        place = .outside
        output.append(byte)
    }

    private mutating func add(_ text: String) { output.append(contentsOf: text.utf8) }
}
