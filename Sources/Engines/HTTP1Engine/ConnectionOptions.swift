internal import HTTPTypes
internal import Wire

/// What the Connection fields of a message ask for (RFC 9110 §7.6.1).
struct ConnectionOptions: Equatable, Sendable {
    var close = false
    var keepAlive = false
    /// `upgrade` is listed, and an Upgrade field says to what (RFC 9110 §7.8).
    var upgrade = false

    init(_ fields: HTTPFields) {
        var names = false
        for index in fields.indices {
            switch fields[index].name.canonicalName.utf8.count {
            case 7 where fields[index].name == .upgrade: names = true
            case 10 where fields[index].name == .connection: read(fields[index].value)
            default: continue
            }
        }
        upgrade = upgrade && names
    }

    /// Whether the connection lives on after a message of this version (RFC 9112 §9.3).
    func persists(_ version: HTTPVersion) -> Bool { !close && (version != .http10 || keepAlive) }

    private mutating func read(_ value: String) {
        let bytes = value.utf8.span
        var start = 0
        while start <= bytes.count {
            let end = bytes.firstIndex(of: .comma, from: start) ?? bytes.count
            let part = bytes.extracting(start..<end)
            let option = part.extracting(part.trimmed())
            if option.isCaseInsensitively("close") { close = true }
            if option.isCaseInsensitively("keep-alive") { keepAlive = true }
            if option.isCaseInsensitively("upgrade") { upgrade = true }
            start = end + 1
        }
    }
}
