import TernCore

/// The name that a server gives to a file (`Content-Disposition: attachment; filename=…`), as curl takes it: the
/// last part of a path alone, and none that begins with a dot's meaning.
enum ServerFileName {
    static func of(_ fields: HTTPFields) -> String? {
        for value in fields[values: .contentDisposition] {
            guard let mark = value.lowercased().firstRange(of: "filename=") else { continue }
            let offset = value.lowercased().utf8.distance(from: value.lowercased().startIndex, to: mark.upperBound)
            let rest = value.utf8.dropFirst(offset)
            let text: String
            if rest.first == UInt8(ascii: "\"") {
                text = String(decoding: rest.dropFirst().prefix { $0 != UInt8(ascii: "\"") }, as: UTF8.self)
            } else {
                text = String(decoding: rest.prefix { $0 != UInt8(ascii: ";") && $0 != 0x20 }, as: UTF8.self)
            }
            let name = text.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last.map(String.init) ?? ""
            if !name.isEmpty, name != ".", name != ".." { return name }
        }
        return nil
    }
}
