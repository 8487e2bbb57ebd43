import Glibc
import TernCore

/// Standard input as a body.
struct InputReader: BodyReader {
    mutating func next() async throws -> [UInt8]? {
        let bytes = try InputReader.some(of: STDIN_FILENO, "standard input")
        return bytes.isEmpty ? nil : bytes
    }

    /// All bytes of a file, `-` for standard input; what cannot be read is curl's code 26.
    static func all(of path: String) throws -> [UInt8] {
        let descriptor = path == "-" ? STDIN_FILENO : unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path) }
        defer { if descriptor != STDIN_FILENO { close(descriptor) } }
        var all: [UInt8] = []
        while true {
            let bytes = try some(of: descriptor, path)
            if bytes.isEmpty { return all }
            all += bytes
        }
    }

    /// The lines of a text file, without their ends and without empty ones.
    static func lines(of path: String) throws -> [String] {
        String(decoding: try all(of: path), as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
    }

    private static func some(of descriptor: Int32, _ name: String) throws -> [UInt8] {
        let room = 65_536
        while true {
            var count = 0
            let bytes = unsafe [UInt8](unsafeUninitializedCapacity: room) { buffer, initialized in
                count = unsafe read(descriptor, buffer.baseAddress, room)
                initialized = max(0, count)
            }
            if count >= 0 { return bytes }
            if errno != EINTR { throw failure(name) }
        }
    }

    private static func failure(_ name: String) -> UsageError {
        UsageError("reading \(name): \(unsafe String(cString: strerror(errno)))", code: 26)
    }
}
