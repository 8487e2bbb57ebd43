import Glibc
import Synchronization

/// The file of `--dump-header`: made anew by the first head, and continued by the others.
final class HeadFile: Sendable {
    private let path: String?
    private let isBegun = Mutex(false)

    init(_ path: String?) { self.path = path }

    func write(_ text: String) throws {
        guard let path else { return }
        if path == "-" { return try Output.standard.write(Array(text.utf8)) }
        try isBegun.withLock { isBegun in
            let how = isBegun ? O_APPEND : O_TRUNC
            let file = unsafe open(path, O_WRONLY | O_CREAT | O_CLOEXEC | how, 0o666)
            guard file >= 0 else {
                throw UsageError("opening \(path): \(unsafe String(cString: strerror(errno)))", code: 23)
            }
            defer { close(file) }
            isBegun = true
            do { try Output(descriptor: file).write(Array(text.utf8)) } catch {
                throw UsageError("writing \(path): \(error)", code: 23)
            }
        }
    }
}
