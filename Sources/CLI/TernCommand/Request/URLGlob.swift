import TernCore

/// A URL or file name with sets and ranges, as curl expands them: `{one,two}`, `[1-10]`, `[001-100:2]`, `[a-z]`. A
/// backslash takes the meaning from a bracket; an IPv6 address in brackets has none.
struct URLGlob: Sendable, Equatable {
    /// What stands between fixed text.
    private enum Piece: Sendable, Equatable {
        case fixed(String)
        case set([String])
        case characters(first: UInt8, step: Int, count: Int)
        case numbers(first: Int, step: Int, count: Int, width: Int)

        var count: Int {
            switch self {
            case .fixed: 1
            case .set(let words): words.count
            case .characters(_, _, let count), .numbers(_, _, let count, _): count
            }
        }

        func text(_ index: Int) -> String {
            switch self {
            case .fixed(let text): return text
            case .set(let words): return words[index]
            case .characters(let first, let step, _):
                return String(decoding: [first + UInt8(truncatingIfNeeded: step * index)], as: UTF8.self)
            case .numbers(let first, let step, _, let width):
                let digits = "\(first + step * index)"
                return String(repeating: "0", count: max(0, width - digits.count)) + digits
            }
        }
    }

    private let pieces: [Piece]
    /// How many there are.
    let count: Int

    /// One of them.
    struct Expansion: Sendable {
        var text: String
        /// What each set and range stands for: the first is `#1` of an output file's name.
        var values: [String]
    }

    /// Text in which nothing is expanded.
    init(plain text: String) {
        pieces = [.fixed(text)]
        count = 1
    }

    init(_ text: String) throws {
        var scanner = GlobScanner(text)
        var pieces: [Piece] = []
        var count = 1
        while let token = try scanner.next() {
            let piece: Piece =
                switch token {
                case .text(let text): .fixed(text)
                case .set(let words): .set(words)
                case .characters(let first, let step, let count): .characters(first: first, step: step, count: count)
                case .numbers(let first, let step, let count, let width):
                    .numbers(first: first, step: step, count: count, width: width)
                }
            pieces.append(piece)
            let (product, overflow) = count.multipliedReportingOverflow(by: piece.count)
            guard !overflow else { throw scanner.error("more of them than can be counted") }
            count = product
        }
        self.pieces = pieces
        self.count = count
    }

    /// The one at `index`; the last set or range changes first.
    subscript(index: Int) -> Expansion {
        var rest = index
        var texts: [String] = []
        var values: [String] = []
        for piece in pieces.reversed() {
            let text = piece.text(rest % piece.count)
            rest /= piece.count
            texts.append(text)
            if case .fixed = piece { continue }
            values.append(text)
        }
        return Expansion(text: texts.reversed().joined(), values: values.reversed())
    }

    /// `name` with `#1` and so on replaced by what the sets and ranges stand for.
    static func fill(_ name: String, _ values: [String]) -> String {
        var text = ""
        var rest = name[...]
        while let character = rest.popFirst() {
            let digits = character == "#" ? rest.prefix { $0.isASCII && $0.isNumber } : ""
            if let number = Int(digits), (1...max(values.count, 1)).contains(number), number <= values.count {
                text += values[number - 1]
                rest = rest.dropFirst(digits.count)
            } else {
                text.append(character)
            }
        }
        return text
    }
}

/// Cuts a text into what is fixed, sets and ranges.
private struct GlobScanner {
    enum Token {
        case text(String)
        case set([String])
        case characters(first: UInt8, step: Int, count: Int)
        case numbers(first: Int, step: Int, count: Int, width: Int)
    }

    private let text: String
    private let bytes: [UInt8]
    private var at = 0

    init(_ text: String) {
        self.text = text
        bytes = Array(text.utf8)
    }

    private var byte: UInt8? { at < bytes.count ? bytes[at] : nil }

    func error(_ reason: String) -> UsageError {
        UsageError("\(URLText.shown(text)): \(reason) at byte \(at + 1); --globoff takes {}[] as they are", code: 3)
    }

    mutating func next() throws -> Token? {
        var fixed: [UInt8] = []
        while let byte {
            switch byte {
            case UInt8(ascii: "["):
                if let end = addressEnd {
                    fixed += bytes[at..<end]
                    at = end
                    continue
                }
                return fixed.isEmpty ? try range() : .text(String(decoding: fixed, as: UTF8.self))
            case UInt8(ascii: "{"):
                return fixed.isEmpty ? try set() : .text(String(decoding: fixed, as: UTF8.self))
            case UInt8(ascii: "}"), UInt8(ascii: "]"): throw error("a closing bracket without an opening one")
            case UInt8(ascii: "\\") where bytes.dropFirst(at + 1).first.map({ "{}[]".utf8.contains($0) }) == true:
                at += 1
                fixed.append(bytes[at])
            default: fixed.append(byte)
            }
            at += 1
        }
        return fixed.isEmpty ? nil : .text(String(decoding: fixed, as: UTF8.self))
    }

    /// Where the IPv6 address ends whose bracket is next; `[]` is none, and no range either.
    private var addressEnd: Int? {
        guard let end = bytes[at...].firstIndex(of: UInt8(ascii: "]")) else { return nil }
        let inside = String(decoding: bytes[(at + 1)..<end], as: UTF8.self)
        let address = inside.prefix { $0 != "%" }
        return inside.isEmpty || address.contains(":") && IPAddress(String(address)) != nil ? end + 1 : nil
    }

    private mutating func set() throws -> Token {
        at += 1
        var words: [String] = []
        var word: [UInt8] = []
        guard byte != UInt8(ascii: "}") else { throw error("nothing in braces") }
        while let byte {
            at += 1
            switch byte {
            case UInt8(ascii: "}"), UInt8(ascii: ","):
                words.append(String(decoding: word, as: UTF8.self))
                word = []
                if byte == UInt8(ascii: "}") { return .set(words) }
            case UInt8(ascii: "{"), UInt8(ascii: "["): throw error("a bracket inside of braces")
            case UInt8(ascii: "]"): throw error("a closing bracket without an opening one")
            case UInt8(ascii: "\\") where self.byte != nil:
                word.append(bytes[at])
                at += 1
            default: word.append(byte)
            }
        }
        throw error("braces without an end")
    }

    private mutating func range() throws -> Token {
        at += 1
        guard let end = bytes[at...].firstIndex(of: UInt8(ascii: "]")) else { throw error("a bad range") }
        let inside = String(decoding: bytes[at..<end], as: UTF8.self)
        let parts = inside.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let step = parts.count > 1 ? Int(parts[1]) : 1
        guard let step, step > 0, let bounds = parts.first?.split(separator: "-", omittingEmptySubsequences: false),
            bounds.count == 2
        else { throw error("a bad range") }
        let (low, high) = (bounds[0], bounds[1].drop { $0 == " " || $0 == "\t" })
        let token: Token?
        if let first = low.utf8.first, low.utf8.count == 1, isLetter(first) {
            token = characters(first, high, step)
        } else {
            token = numbers(low, high, step)
        }
        guard let token else { throw error("a bad range") }
        at = end + 1
        return token
    }

    private func isLetter(_ byte: UInt8) -> Bool { 0x61...0x7a ~= byte | 0x20 }

    private func characters(_ first: UInt8, _ high: Substring, _ step: Int) -> Token? {
        guard let last = high.utf8.first, high.utf8.count == 1, first <= last, last - first <= 25,
            isStep(step, over: Int(last - first))
        else { return nil }
        return .characters(first: first, step: step, count: Int(last - first) / step + 1)
    }

    private func numbers(_ low: Substring, _ high: Substring, _ step: Int) -> Token? {
        let isNumber = { (text: Substring) in !text.isEmpty && text.utf8.allSatisfy { 0x30...0x39 ~= $0 } }
        guard isNumber(low), isNumber(high), let first = Int(low), let last = Int(high), first <= last,
            isStep(step, over: last - first)
        else { return nil }
        return .numbers(
            first: first, step: step, count: (last - first) / step + 1, width: low.hasPrefix("0") ? low.count : 0)
    }

    /// A step leads to another element, unless there is none.
    private func isStep(_ step: Int, over distance: Int) -> Bool { distance == 0 ? step == 1 : step <= distance }
}
