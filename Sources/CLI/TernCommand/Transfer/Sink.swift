import FileIO
import Glibc
import TernCore

/// Where one response goes: standard output, or a file that is opened when the first byte is there. A partial file
/// stays, unless `--remove-on-error` says otherwise.
final class Sink {
    /// The file's path; `nil` for standard output.
    private(set) var path: String?
    private let invocation: Invocation
    private let isNamedByURL: Bool
    /// Whether bytes that a terminal cannot show go there anyway: `-o -` asks for them.
    private let forcesTerminal: Bool
    /// Whether there is an object about the exchange in place of the body.
    private let isSilenced: Bool
    private let isUpload: Bool
    private var resumes = false
    private var isNamedByServer = false
    private var writer: FileWriter?
    private var hasContent = false
    private var painter: JSONPainter?

    init(_ planned: PlannedTransfer, _ invocation: Invocation) throws {
        self.invocation = invocation
        isUpload = planned.upload != nil
        forcesTerminal = planned.output == .file("-")
        isSilenced = invocation.report != nil && (planned.output == nil || forcesTerminal)
        switch planned.output {
        case nil, .file("-"):
            path = nil
            isNamedByURL = false
        case .file(let name):
            path = Sink.path(name, invocation.outputFolder)
            isNamedByURL = false
        case .remoteName:
            path = Sink.path(try Sink.remoteName(planned.url), invocation.outputFolder)
            isNamedByURL = true
        }
    }

    /// Whether the body goes to somebody's eyes.
    var isTerminal: Bool { path == nil && !isSilenced && Output.standard.isTerminal }

    /// The byte that the request is to begin at: `--continue-at`, or the length of what is there.
    func resumePoint() throws -> Int64 {
        switch invocation.resume {
        case nil: return 0
        case .offset(let offset):
            resumes = offset > 0
            return offset
        case .endOfFile:
            // What a server has of an upload cannot be asked.
            guard !isUpload, let path else { return 0 }
            var status = stat()
            guard unsafe stat(path, &status) == 0 else { return 0 }
            resumes = true
            return Int64(status.st_size)
        }
    }

    /// Takes the name that the server gives, with `--remote-header-name`.
    func name(by response: StreamingResponse) throws {
        guard invocation.namedByServer, isNamedByURL, writer == nil,
            let name = response.contentDisposition?.safeFilename
        else { return }
        path = Sink.path(name, invocation.outputFolder)
        isNamedByServer = true
    }

    /// Looks at what is to come: JSON is painted for a terminal.
    func begin(_ response: StreamingResponse) {
        guard isTerminal, Colors.areWanted, response.headers[values: .contentEncoding].isEmpty,
            let type = response.headers[values: .contentType].first, JSONPainter.paints(type)
        else { return }
        painter = JSONPainter()
    }

    /// Makes the file, if it is one, even if nothing comes.
    func open() async throws {
        guard let path, writer == nil else { return }
        if invocation.createDirs { try OutputFolder.make(for: path) }
        do { writer = try await file(at: path) } catch { throw UsageError("\(error)", code: 23) }
    }

    private func file(at path: String) async throws(FileError) -> FileWriter {
        if resumes { return try await FileWriter(path, .append) }
        if isNamedByServer, invocation.overwrites != true {
            // A server must not choose what is written over.
            return try await FileWriter(path, .create)
        }
        guard invocation.overwrites == false else { return try await FileWriter(path, .truncate) }
        var number = 0
        while true {
            let name = number == 0 ? path : "\(path).\(number)"
            do throws(FileError) {
                let writer = try await FileWriter(name, .create)
                self.path = name
                return writer
            } catch {
                number += 1
                // As many names as curl tries.
                guard unsafe access(name, F_OK) == 0, number < 100 else { throw error }
            }
        }
    }

    func write(head: String) async throws {
        if isSilenced { return }
        try await put(Array(head.utf8))
    }

    /// Writes a piece of the body. What has a NUL is no text: a terminal is spared it, as curl does.
    func write(_ chunk: [UInt8]) async throws {
        if isSilenced { return }
        if !hasContent, isTerminal, !forcesTerminal, chunk.contains(0) {
            throw UsageError(
                "the response is not text, and may upset the terminal; '--output -' shows it, '--output FILE' keeps it",
                code: 23)
        }
        hasContent = true
        try await put(painter?.paint(chunk) ?? chunk)
    }

    /// Ends the file.
    func close() async throws {
        if let rest = painter?.finish(), !rest.isEmpty { try await put(rest) }
        painter = nil
        guard let writer else { return }
        self.writer = nil
        do { try await writer.close() } catch { throw UsageError("\(error)", code: 23) }
    }

    /// Ends the file after a failure.
    func abandon() async throws {
        let hadFile = writer != nil
        try await close()
        if hadFile, invocation.removesOnError, let path { _ = unsafe unlink(path) }
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
