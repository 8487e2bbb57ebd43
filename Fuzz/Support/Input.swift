/// What libFuzzer gives: some bytes that choose, and the rest.
package struct Input {
    private var bytes: ArraySlice<UInt8>

    package init(_ start: UnsafePointer<UInt8>?, _ count: Int) {
        bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))[...]
    }

    /// The next byte that chooses; nought when there is none.
    package mutating func choice() -> UInt8 { bytes.popFirst() ?? 0 }

    /// The next so many bytes, or fewer.
    package mutating func take(_ count: Int) -> [UInt8] {
        defer { bytes = bytes.dropFirst(count) }
        return Array(bytes.prefix(count))
    }

    /// All that is left.
    package var rest: [UInt8] { Array(bytes) }
}

extension [UInt8] {
    /// In pieces of `size` bytes.
    package func pieces(of size: Int) -> [[UInt8]] {
        stride(from: 0, to: count, by: Swift.max(1, size)).map { Array(self[$0..<Swift.min($0 + size, count)]) }
    }
}

/// Stops, which is what the fuzzer looks for, if the two differ.
package func mustBeEqual<Value: Equatable>(_ left: Value, _ right: Value, _ what: String) {
    if left != right { fatalError("\(what):\n\(left)\n\(right)") }
}
