/// The import declarations of a Swift file: line number and module, in their order.
struct ImportLines: Sequence {
    private let found: [(line: Int, module: String)]

    init(_ text: String) {
        found = text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().flatMap { index, line in
            line.split(separator: ";").compactMap { statement in
                Self.module(importedBy: statement).map { (index + 1, $0) }
            }
        }
    }

    func makeIterator() -> IndexingIterator<[(line: Int, module: String)]> { found.makeIterator() }

    private static let modifiers: Set = ["public", "package", "internal", "fileprivate", "private"]
    private static let kinds: Set = [
        "struct", "class", "enum", "protocol", "actor", "func", "var", "let", "typealias",
    ]

    /// `public import A`, `@testable import A`, `import struct A.B` and their combinations all import A.
    private static func module(importedBy statement: Substring) -> String? {
        var words = statement.split(whereSeparator: \.isWhitespace)[...]
        words = words.drop { $0.hasPrefix("@") || modifiers.contains(String($0)) }
        guard words.popFirst() == "import" else { return nil }
        words = words.drop { kinds.contains(String($0)) }
        return words.first?.split(separator: ".").first.map(String.init)
    }
}
