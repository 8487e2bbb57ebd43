extension IPAddress {
    /// Reads an address from bytes of ASCII; see ``init(_:)``.
    init?(text: ArraySlice<UInt8>) {
        if text.contains(UInt8(ascii: ":")) {
            guard let value = Self.v6(text) else { return nil }
            self.init(family: .v6, value: value)
        } else {
            guard let value = Self.v4(text) else { return nil }
            self.init(family: .v4, value: UInt128(value))
        }
    }

    /// `dotted decimal` of RFC 3986 §3.2.2: four numbers of 0 to 255 without leading zeros.
    private static func v4(_ text: ArraySlice<UInt8>) -> UInt32? {
        var address: UInt32 = 0
        var parts = 0
        var number: UInt32?
        for byte in text {
            if byte.isDigit {
                guard number != 0 else { return nil }
                let next = (number ?? 0) * 10 + UInt32(byte &- 0x30)
                guard next <= 255 else { return nil }
                number = next
            } else if byte == UInt8(ascii: "."), let part = number, parts < 3 {
                address = address << 8 | part
                parts += 1
                number = nil
            } else {
                return nil
            }
        }
        guard parts == 3, let last = number else { return nil }
        return address << 8 | last
    }

    /// The forms of RFC 4291 §2.2: eight groups, one run of zero groups as `::`, the last two groups dotted.
    private static func v6(_ text: ArraySlice<UInt8>) -> UInt128? {
        var groups: [UInt16] = []
        var gap: Int?
        var index = text.startIndex
        if text.starts(with: [0x3A, 0x3A]) {
            gap = 0
            index += 2
        }
        while index < text.endIndex {
            guard groups.count < 8 else { return nil }
            let end = text[index...].firstIndex(of: UInt8(ascii: ":")) ?? text.endIndex
            let part = text[index..<end]
            if part.contains(UInt8(ascii: ".")) {
                guard end == text.endIndex, groups.count <= 6, let dotted = v4(part) else { return nil }
                groups += [UInt16(dotted >> 16), UInt16(dotted & 0xFFFF)]
                break
            }
            guard let group = hexGroup(part) else { return nil }
            groups.append(group)
            guard end < text.endIndex else { break }
            index = end + 1
            guard index < text.endIndex else { return nil }
            if text[index] == UInt8(ascii: ":") {
                guard gap == nil else { return nil }
                gap = groups.count
                index += 1
            }
        }
        if let gap {
            // "::" stands for at least one group (RFC 4291 §2.2).
            guard groups.count < 8 else { return nil }
            groups.insert(contentsOf: repeatElement(0, count: 8 - groups.count), at: gap)
        }
        guard groups.count == 8 else { return nil }
        return groups.reduce(0) { $0 << 16 | UInt128($1) }
    }

    private static func hexGroup(_ part: ArraySlice<UInt8>) -> UInt16? {
        guard 1...4 ~= part.count else { return nil }
        var group: UInt16 = 0
        for byte in part {
            guard let digit = byte.hexValue else { return nil }
            group = group << 4 | UInt16(digit)
        }
        return group
    }

    func dotted(_ address: UInt32) -> String {
        "\(address >> 24).\(address >> 16 & 255).\(address >> 8 & 255).\(address & 255)"
    }

    /// RFC 5952 §4 and §5.
    var colons: String {
        if value >> 32 == 0xFFFF { return "::ffff:" + dotted(UInt32(truncatingIfNeeded: value)) }
        let groups = (0..<8).map { UInt16(truncatingIfNeeded: value >> UInt128((7 - $0) * 16)) }
        let run = longestZeroRun(groups)
        func text(_ part: ArraySlice<UInt16>) -> String {
            part.map { String($0, radix: 16) }.joined(separator: ":")
        }
        guard let run else { return text(groups[...]) }
        return text(groups[..<run.lowerBound]) + "::" + text(groups[run.upperBound...])
    }

    /// The first of the longest runs of two or more zero groups (RFC 5952 §4.2.2, §4.2.3).
    private func longestZeroRun(_ groups: [UInt16]) -> Range<Int>? {
        var longest: Range<Int>?
        var start = 0
        for position in 0...groups.count where position == groups.count || groups[position] != 0 {
            if position - start > max(longest?.count ?? 0, 1) { longest = start..<position }
            start = position + 1
        }
        return longest
    }
}
