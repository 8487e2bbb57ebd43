import Glibc
import TestServer

/// A folder whose files are served: nothing outside of it, whatever path or link is asked for.
public struct StaticFolder: Sendable {
    /// Its real path.
    let root: String

    /// The folder at `path`; nil if there is none.
    public init?(_ path: String) {
        guard let real = StaticFolder.realPath(path), case .folder = StaticFolder.kind(of: real) else { return nil }
        root = real
    }

    private enum Kind { case file(size: Int, modified: Int), folder, other }

    func reply(to visit: Visit) -> TestServer.Reply {
        guard visit.allows([.get]) else { return .status(.methodNotAllowed, fields: [.allow: "GET, HEAD"]) }
        // A part may not lead upwards, and not hide a slash.
        guard !visit.parts.contains(where: { $0 == ".." || $0.contains("/") || $0.utf8.contains(0) }) else {
            return .status(.notFound)
        }
        let wanted = ([root] + visit.parts.filter { $0 != "." }).joined(separator: "/")
        // Links are followed, but not out of the folder.
        guard var path = StaticFolder.realPath(wanted), isInside(path) else { return .status(.notFound) }
        var kind = StaticFolder.kind(of: path)
        if case .folder = kind {
            guard let index = StaticFolder.realPath(path + "/index.html"), isInside(index) else {
                return .status(.notFound)
            }
            path = index
            kind = StaticFolder.kind(of: path)
        }
        guard case .file(let size, let modified) = kind else { return .status(.notFound) }
        return file(path, size, modified, visit.request)
    }

    private func isInside(_ path: String) -> Bool { path == root || path.hasPrefix(root == "/" ? "/" : root + "/") }

    private func file(
        _ path: String, _ size: Int, _ modified: Int, _ request: TestServer.RecordedExchange
    ) -> TestServer.Reply {
        let tag = String(size, radix: 16) + "-" + String(modified, radix: 16)
        var fields: HTTPFields = [
            .contentType: StaticFolder.type(of: path), .eTag: "\"\(tag)\"", .acceptRanges: "bytes",
        ]
        if Tags.list(request.fields[values: .ifNoneMatch], holds: tag) {
            return .status(.notModified, fields: fields)
        }
        var range = 0..<size
        var status = HTTPResponse.Status.ok
        let isCurrent = request.fields[.ifRange].map { $0 == "\"\(tag)\"" } ?? true
        if isCurrent, let value = request.fields[.range], let bounds = Ranges.bounds(value, of: size) {
            guard let bounds else {
                fields[.contentRange] = "bytes */\(size)"
                return .status(.rangeNotSatisfiable, fields: fields)
            }
            range = bounds.lowerBound..<(bounds.upperBound + 1)
            status = .partialContent
            fields[.contentRange] = "bytes \(bounds.lowerBound)-\(bounds.upperBound)/\(size)"
        }
        fields[.contentLength] = String(range.count)
        guard let pieces = FilePieces(path, range) else { return .status(.notFound) }
        return [.receive, .head(status, fields), .generated { pieces.next() }, .end]
    }

    private static func realPath(_ path: String) -> String? {
        guard let real = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(real) }
        return unsafe String(cString: real)
    }

    private static func kind(of path: String) -> Kind {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return .other }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file(size: Int(status.st_size), modified: Int(status.st_mtim.tv_sec))
        case S_IFDIR: return .folder
        default: return .other
        }
    }

    private static let types = [
        "html": "text/html; charset=utf-8", "htm": "text/html; charset=utf-8", "txt": "text/plain; charset=utf-8",
        "md": "text/markdown; charset=utf-8", "css": "text/css", "js": "text/javascript", "mjs": "text/javascript",
        "json": "application/json", "xml": "application/xml", "svg": "image/svg+xml", "png": "image/png",
        "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp", "ico": "image/x-icon",
        "pdf": "application/pdf", "wasm": "application/wasm", "zip": "application/zip", "gz": "application/gzip",
        "mp4": "video/mp4", "webm": "video/webm", "mp3": "audio/mpeg", "woff2": "font/woff2",
    ]

    private static func type(of path: String) -> String {
        let name = path.split(separator: "/").last ?? ""
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return "application/octet-stream" }
        return types[name[name.index(after: dot)...].lowercased()] ?? "application/octet-stream"
    }
}

/// A part of a file, read piece by piece when there is room to send. Used by one thread.
@safe
private final class FilePieces: @unchecked Sendable {
    private let descriptor: Int32
    private var offset: Int
    private let end: Int

    /// Bytes of a piece: 64 KiB.
    private static let piece = 64 << 10

    init?(_ path: String, _ range: Range<Int>) {
        descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        offset = range.lowerBound
        end = range.upperBound
        if descriptor < 0 { return nil }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func next() -> [UInt8]? {
        let wanted = min(FilePieces.piece, end - offset)
        guard wanted > 0 else { return nil }
        let start = offset
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
            count = unsafe max(0, pread(descriptor, buffer.baseAddress, wanted, start))
        }
        offset += bytes.count
        return bytes.isEmpty ? nil : bytes
    }
}
