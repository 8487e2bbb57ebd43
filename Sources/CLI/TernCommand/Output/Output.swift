import Glibc

/// A descriptor that text and bytes are written to.
struct Output: Sendable {
    static let standard = Output(descriptor: STDOUT_FILENO)
    static let error = Output(descriptor: STDERR_FILENO)

    let descriptor: Int32

    var isTerminal: Bool { isatty(descriptor) == 1 }

    /// Writes all of `bytes`, or throws what curl calls a write error (23).
    func write(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw UsageError("writing the output: \(unsafe String(cString: strerror(errno)))", code: 23)
            }
            rest = rest.dropFirst(count)
        }
    }

    /// Has everything that goes to standard error go to the file at `path` from now on; `-` is standard output.
    static func redirectErrors(to path: String) {
        let file = path == "-" ? dup(STDOUT_FILENO) : unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard file >= 0 else {
            // curl goes on without.
            return error.line("tern: --stderr: \(path): \(unsafe String(cString: strerror(errno)))")
        }
        dup2(file, STDERR_FILENO)
        close(file)
    }

    /// Writes a line; a terminal or pipe that is gone is no reason to fail.
    func line(_ text: String) { try? write(Array("\(text)\n".utf8)) }

    /// Writes a page, and gives the exit code for success.
    func show(_ page: String) throws -> Int32 {
        try write(Array("\(page)\n".utf8))
        return 0
    }
}
