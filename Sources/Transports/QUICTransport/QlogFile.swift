import Glibc
import Synchronization
import Threads

/// What happens on a connection, as qlog (`.sqlog`, JSON text sequences), written by a thread of its own: a loop does
/// not wait for files.
final class QlogFile: Sendable {
    private let descriptor: Int32

    /// One thread writes them all, so that what is handed over comes in order.
    private static let writer = ThreadPool(name: "tern-qlog", limit: 1)

    private static let numbers = Atomic<UInt64>(0)

    /// A number that no other file of the process has.
    static func nextNumber() -> UInt64 { numbers.wrappingAdd(1, ordering: .relaxed).newValue }

    /// What the environment variable `QLOGDIR` names; nil if nothing.
    static var environmentDirectory: String? {
        guard let value = unsafe getenv("QLOGDIR") else { return nil }
        let path = unsafe String(cString: value)
        return path.isEmpty ? nil : path
    }

    /// A new file in `directory`, readable by its owner alone; nil if it cannot be made: a diagnosis that is not to be
    /// had stops no request.
    init?(in directory: String, number: UInt64) {
        let path = "\(directory)/\(getpid())-\(number).sqlog"
        descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        if descriptor < 0 { return nil }
    }

    deinit { close(descriptor) }

    /// Adds `text` behind what came before.
    func append(_ text: [UInt8]) {
        _ = try? QlogFile.writer.submit { [self] in
            var offset = 0
            while offset < text.count {
                let start = offset
                let count = unsafe text.withUnsafeBytes { bytes in
                    unsafe write(descriptor, bytes.baseAddress.map { unsafe $0 + start }, bytes.count - start)
                }
                guard count > 0 || errno == EINTR else { return }
                offset += max(0, count)
            }
        }
    }
}
