import Glibc

/// A file in NSS key log format, for Wireshark: one line for each secret. Readable by its owner alone; the lines
/// are short, and written where they come up.
package final class KeyLog {
    private let descriptor: Int32

    /// Nil if the file cannot be opened for appending; `errno` says why.
    package init?(path: String) {
        descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        if descriptor < 0 { return nil }
    }

    deinit { close(descriptor) }

    /// Writes one line, in one call: other processes may append to the same file.
    package func append(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = unsafe write(descriptor, bytes, bytes.count)
    }
}
