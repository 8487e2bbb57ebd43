import FileIO
import TernCore

/// Where one response goes: standard output, or a file that is opened when the first byte is there. A partial file
/// stays.
final class Sink {
    /// The file's path; `nil` for standard output.
    let path: String?
    private let createsFolders: Bool
    /// Whether bytes that a terminal cannot show go there anyway: `-o -` asks for them.
    private let forcesTerminal: Bool
    private var writer: FileWriter?
    private var hasContent = false

    init(_ choice: OutputChoice?, for url: String, _ invocation: Invocation) throws {
        createsFolders = invocation.createDirs
        forcesTerminal = choice == .file("-")
        switch choice {
        case nil, .file("-"): path = nil
        case .file(let name): path = Sink.path(name, invocation.outputFolder)
        case .remoteName:
            let name = try Sink.remoteName(url)
            path = Sink.path(name, invocation.outputFolder)
        }
    }

    /// Whether the body goes to somebody's eyes.
    var isTerminal: Bool { path == nil && Output.standard.isTerminal }

    /// Makes the file, if it is one, even if nothing comes.
    func open() async throws {
        guard let path, writer == nil else { return }
        if createsFolders { try OutputFolder.make(for: path) }
        do { writer = try await FileWriter(path, .truncate) } catch { throw UsageError("\(error)", code: 23) }
    }

    func write(head: String) async throws { try await put(Array(head.utf8)) }

    /// Writes a piece of the body. What has a NUL is no text: a terminal is spared it, as curl does.
    func write(_ chunk: [UInt8]) async throws {
        if !hasContent, isTerminal, !forcesTerminal, chunk.contains(0) {
            throw UsageError(
                "the response is not text, and may upset the terminal; '--output -' shows it, '--output FILE' keeps it",
                code: 23)
        }
        hasContent = true
        try await put(chunk)
    }

    /// Ends the file.
    func close() async throws {
        guard let writer else { return }
        self.writer = nil
        do { try await writer.close() } catch { throw UsageError("\(error)", code: 23) }
    }

    private func put(_ bytes: [UInt8]) async throws {
        guard path != nil else { return try Output.standard.write(bytes) }
        try await open()
        do { try await writer?.write(bytes) } catch { throw UsageError("\(error)", code: 23) }
    }

    private static func path(_ name: String, _ folder: String?) -> String {
        guard let folder, !folder.isEmpty, !name.hasPrefix("/") else { return name }
        return folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
    }

    /// What stands behind the last slash of the URL's path.
    private static func remoteName(_ url: String) throws -> String {
        let base = url.prefix { $0 != "?" && $0 != "#" }
        let start = base.firstRange(of: "://")?.upperBound ?? base.startIndex
        let parts = base[start...].split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        guard let name = parts.last, !name.isEmpty, name != ".", name != ".." else {
            throw UsageError("--remote-name: the URL has no file name at the end of its path", code: 23)
        }
        return String(name)
    }
}
