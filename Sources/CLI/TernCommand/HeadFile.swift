import FileIO

/// The file of `--dump-header`: made anew by the first head of the program, and continued by the others.
final class HeadFile {
    private let path: String?
    private var isBegun = false

    init(_ path: String?) { self.path = path }

    func write(_ text: String) async throws {
        guard let path else { return }
        if path == "-" { return try Output.standard.write(Array(text.utf8)) }
        do {
            let writer = try await FileWriter(path, isBegun ? .append : .truncate)
            isBegun = true
            try await writer.write(Array(text.utf8))
            try await writer.close()
        } catch { throw UsageError("\(error)", code: 23) }
    }
}
