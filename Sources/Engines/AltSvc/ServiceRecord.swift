package import Names
import Wire

/// The content of one HTTPS record (RFC 9460 §2.2): a priority, a target, and parameters.
package struct ServiceRecord: Sendable, Hashable {
    /// 0 for an alias (§2.4.2); else the smaller the better.
    package var priority: Int
    /// A host name in lower case without a dot at its end; empty for the record's own name (§2.5).
    package var target: String
    package var alpn: [String] = []
    /// Whether HTTP/1.1 is not offered (`no-default-alpn`).
    package var lacksDefault = false
    package var port: Int?
    /// Addresses that may serve until A and AAAA answers are in (§7.3).
    package var hints: [IPAddress] = []
    /// Whether it may be used only by who knows a parameter that we do not know (§8).
    package var needsUnknown = false

    /// Reads a record's data; nil if it breaks the format, in which case the whole record is to be left out (§2.2).
    package init?(_ data: [UInt8]) {
        var reader = DNSReader(data)
        guard let priority = reader.number16(), let target = reader.name(isCompressed: false) else { return nil }
        self.priority = Int(priority)
        self.target = target
        var last = -1
        var mandatory: [Int] = []
        var present: Set<Int> = []
        while !reader.isAtEnd {
            guard let key = reader.number16(), let length = reader.number16(), let value = reader.bytes(Int(length)),
                Int(key) > last
            else { return nil }
            last = Int(key)
            present.insert(last)
            guard read(Int(key), value, &mandatory) else { return nil }
        }
        // An alias has no parameters that count (§2.4.2).
        guard mandatory.allSatisfy(present.contains) else { return nil }
        needsUnknown = mandatory.contains { !Self.understood.contains($0) }
    }

    /// Keys that are obeyed: alpn, no-default-alpn, port, and the two kinds of hints. `ech` is not.
    private static let understood: Set<Int> = [1, 2, 3, 4, 6]

    private mutating func read(_ key: Int, _ value: [UInt8], _ mandatory: inout [Int]) -> Bool {
        var reader = DNSReader(value)
        switch key {
        case 0:
            var last = 0
            while let key = reader.number16() {
                guard Int(key) > last else { return false }
                last = Int(key)
                mandatory.append(last)
            }
            return reader.isAtEnd && !mandatory.isEmpty
        case 1:
            while let length = reader.number8() {
                guard length > 0, let name = reader.bytes(Int(length)) else { return false }
                alpn.append(String(decoding: name, as: UTF8.self))
            }
            return !alpn.isEmpty
        case 2:
            lacksDefault = true
            return value.isEmpty
        case 3:
            guard value.count == 2, let number = reader.number16() else { return false }
            port = Int(number)
        case 4, 6:
            let size = key == 4 ? 4 : 16
            guard !value.isEmpty, value.count.isMultiple(of: size) else { return false }
            while let bytes = reader.bytes(size), let address = IPAddress(bytes: bytes) { hints.append(address) }
        default: break
        }
        return true
    }
}

/// Reads numbers and names of a DNS message (RFC 1035 §4.1). Never looks outside of its bytes.
struct DNSReader {
    let data: [UInt8]
    var at: Int

    init(_ data: [UInt8], at: Int = 0) {
        self.data = data
        self.at = at
    }

    var isAtEnd: Bool { at >= data.count }

    mutating func number8() -> UInt8? {
        guard data.indices.contains(at) else { return nil }
        defer { at += 1 }
        return data[at]
    }

    mutating func number16() -> UInt16? {
        guard data.count - at >= 2 else { return nil }
        defer { at += 2 }
        return UInt16(data[at]) << 8 | UInt16(data[at + 1])
    }

    mutating func number32() -> UInt32? {
        guard let high = number16(), let low = number16() else { return nil }
        return UInt32(high) << 16 | UInt32(low)
    }

    mutating func bytes(_ count: Int) -> [UInt8]? {
        guard count >= 0, data.count - at >= count else { return nil }
        defer { at += count }
        return Array(data[at..<(at + count)])
    }

    /// A name in lower case, its labels joined by dots. Pointers (RFC 1035 §4.1.4) must lead back, so they end.
    mutating func name(isCompressed: Bool) -> String? {
        var labels: [UInt8] = []
        var place = at
        var end: Int?
        while true {
            guard data.indices.contains(place) else { return nil }
            let length = Int(data[place])
            switch length >> 6 {
            case 0:
                place += 1
                if length == 0 {
                    at = end ?? place
                    return String(decoding: labels, as: UTF8.self)
                }
                guard data.count - place >= length, labels.count + length + 1 <= 255 else { return nil }
                if !labels.isEmpty { labels.append(UInt8(ascii: ".")) }
                for byte in data[place..<(place + length)] {
                    // A dot inside a label would make another name of it.
                    guard byte != UInt8(ascii: ".") else { return nil }
                    labels.append(byte.lowercased)
                }
                place += length
            case 3 where isCompressed:
                guard data.count - place >= 2 else { return nil }
                let target = (length & 0x3F) << 8 | Int(data[place + 1])
                if end == nil { end = place + 2 }
                guard target < place else { return nil }
                place = target
            default: return nil
            }
        }
    }
}
