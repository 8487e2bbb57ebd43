/// Reads the words of a netrc file.
struct NetrcParser {
    private let bytes: [UInt8]
    private let name: String
    private var index = 0
    private var line = 1

    /// The entries of `text`, in their order.
    static func entries(of text: String, path: String?) throws(NetrcError) -> [Netrc.Entry] {
        var parser = NetrcParser(bytes: Array(text.utf8), name: path ?? "the netrc text")
        return try parser.entries()
    }

    private init(bytes: [UInt8], name: String) {
        self.bytes = bytes
        self.name = name
        // A byte order mark, as some editors write it.
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) { index = 3 }
    }

    private mutating func entries() throws(NetrcError) -> [Netrc.Entry] {
        var entries: [Netrc.Entry] = []
        while skipSpaces() {
            if peek == UInt8(ascii: "#") {
                skipLine()
                continue
            }
            let start = line
            let key = try word().lowercased()
            switch key {
            case "machine": entries.append(Netrc.Entry(host: try value(of: key, start).lowercased()))
            case "default": entries.append(Netrc.Entry())
            case "macdef": skipMacro()
            case "login", "user", "password", "account":
                let value = try value(of: key, start)
                // Before any machine it is meant for nobody. Of several the first counts.
                guard let last = entries.indices.last else { continue }
                switch key {
                case "password": entries[last].password = entries[last].password ?? value
                case "account": entries[last].account = entries[last].account ?? value
                default: entries[last].login = entries[last].login ?? value
                }
            default: break
            }
        }
        return entries
    }

    private mutating func value(of key: String, _ start: Int) throws(NetrcError) -> String {
        guard skipSpaces() else {
            throw NetrcError(.syntax, "\(name), line \(start): \(key) has no value", line: start)
        }
        return try word()
    }

    private mutating func word() throws(NetrcError) -> String {
        guard peek == UInt8(ascii: "\"") else {
            let start = index
            while let byte = peek, !Self.isSpace(byte) { index += 1 }
            return String(decoding: bytes[start..<index], as: UTF8.self)
        }
        let start = line
        var content: [UInt8] = []
        index += 1
        while let byte = peek {
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: content, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escaped = peek else { break }
                index += 1
                content.append(Self.meaning(of: escaped))
            case 0x0a:
                line += 1
                content.append(byte)
            default: content.append(byte)
            }
        }
        throw NetrcError(.syntax, "\(name), line \(start): the quotes that begin here do not end", line: start)
    }

    private static func meaning(of escaped: UInt8) -> UInt8 {
        switch escaped {
        case UInt8(ascii: "n"): 0x0a
        case UInt8(ascii: "r"): 0x0d
        case UInt8(ascii: "t"): 0x09
        default: escaped
        }
    }

    /// Up to and with the next line that is empty; its name and what it does are of no use here.
    private mutating func skipMacro() {
        skipLine()
        while index < bytes.count {
            let start = index
            skipLine()
            if bytes[start..<index].allSatisfy(Self.isSpace) { return }
        }
    }

    private mutating func skipLine() {
        while let byte = peek, byte != 0x0a { index += 1 }
        if peek == 0x0a {
            index += 1
            line += 1
        }
    }

    /// Moves to the next word; whether there is one.
    private mutating func skipSpaces() -> Bool {
        while let byte = peek, Self.isSpace(byte) {
            if byte == 0x0a { line += 1 }
            index += 1
        }
        return index < bytes.count
    }

    private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || 0x09...0x0d ~= byte }
}
