/// "." and ".." in a path (RFC 3986 §5.2.4).
enum DotSegments {
    /// The absolute path that `path` means: at least "/", no segment "." or ".." in it. Percent-encoded dots are
    /// ordinary segments, since encoding is kept as given.
    static func removed(from path: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(path.count + 1)
        let segments = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .dropFirst(path.first == UInt8(ascii: "/") ? 1 : 0)
        for (position, segment) in segments.enumerated() {
            let isLast = position == segments.count - 1
            let dots = segment.allSatisfy { $0 == UInt8(ascii: ".") } ? segment.count : 0
            switch dots {
            case 1:
                if isLast { output.append(UInt8(ascii: "/")) }
            case 2:
                output.removeSubrange((output.lastIndex(of: UInt8(ascii: "/")) ?? 0)...)
                if isLast { output.append(UInt8(ascii: "/")) }
            default:
                output.append(UInt8(ascii: "/"))
                output += segment
            }
        }
        return output.isEmpty ? [UInt8(ascii: "/")] : output
    }
}
