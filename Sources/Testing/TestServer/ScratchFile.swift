import Glibc
import Synchronization

/// A file in the system's folder for temporary files, which is taken away when the process ends well.
final class ScratchFile: Sendable {
    let path: String

    private static let all = Mutex<[String]>([])
    private static let removesAtExit =
        atexit { ScratchFile.all.withLock { for path in $0 { unsafe unlink(path) } } } == 0

    /// Writes `bytes` to a new file whose name begins with `name`; only this user may read it.
    init(_ name: String, _ bytes: [UInt8]) throws(TestServerError) {
        let folder = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
        var template = Array("\(folder)/\(name)-XXXXXX".utf8CString)
        let descriptor = unsafe mkstemp(&template)
        guard descriptor >= 0 else { throw TestServerError.system("making a file in \(folder)", errno) }
        defer { close(descriptor) }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        self.path = path
        if ScratchFile.removesAtExit { ScratchFile.all.withLock { $0.append(path) } }
        var offset = 0
        while offset < bytes.count {
            let start = offset
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe write(descriptor, buffer.baseAddress.map { unsafe $0 + start }, buffer.count - start)
            }
            guard count > 0 else { throw TestServerError.system("writing \(path)", errno) }
            offset += count
        }
    }
}

extension TestServerError {
    /// A call of the system that failed.
    static func system(_ tried: String, _ code: Int32, _ kind: Code = .startFailed) -> TestServerError {
        TestServerError(kind, "\(tried): \(unsafe String(cString: strerror(code)))")
    }
}
