extension HTTPURL {
    /// Whether ``origin`` equals `other`; found out without making one.
    package func isOf(_ other: Origin) -> Bool {
        guard layout.scheme == other.scheme, port == other.port else { return false }
        let brackets = isIPv6 ? 1 : 0
        let start = Int(layout.hostStart) + brackets
        let mine = absoluteString.utf8Span.span
        let theirs = other.host.utf8Span.span
        guard theirs.count == Int(layout.hostEnd) - brackets - start else { return false }
        for index in 0..<theirs.count where mine[start + index] != theirs[index] { return false }
        return true
    }
}
