import Glibc
import Synchronization

/// A folder for one server or one test, inside a folder of this process that goes when the process ends.
///
/// The process's folder is made on first use, is readable by servers that give up root, and is removed by the
/// `Watchdog` however the process ends; with `TERN_KEEP` set in the environment it stays, to look at.
package struct ScratchFolder: Sendable {
    /// The absolute path, short enough that a Unix socket in it can be bound.
    package let path: String

    private static let number = Atomic(0)

    /// A new, empty folder; `name` only makes it easier to recognise.
    package init(_ name: String) throws(TestKitError) {
        let root = try Watchdog.shared.get().root
        let number = Self.number.add(1, ordering: .relaxed).newValue
        path = "\(root)/\(name)-\(number)"
        try Self.make(path)
    }

    private init(path: String) { self.path = path }

    /// A folder inside this one, made if it is not there.
    package func folder(_ name: String) throws(TestKitError) -> ScratchFolder {
        let folder = ScratchFolder(path: "\(path)/\(name)")
        try Self.make(folder.path)
        return folder
    }

    /// The path of `name` in this folder, whether or not it is there.
    package func path(of name: String) -> String { "\(path)/\(name)" }

    /// Writes a file, replacing what was there; gives its path.
    @discardableResult
    package func write(_ name: String, _ bytes: [UInt8]) throws(TestKitError) -> String {
        let path = path(of: name)
        let descriptor = try CInt(
            system("create \(path)") { unsafe Int(open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)) })
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = try system("write \(path)") {
                unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            }
            rest = rest.dropFirst(count)
        }
        return path
    }

    /// Writes a text file in UTF-8, replacing what was there; gives its path.
    @discardableResult
    package func write(_ name: String, _ text: String) throws(TestKitError) -> String {
        try write(name, Array(text.utf8))
    }

    /// Makes a file of `size` zero bytes that takes no room on the disk; gives its path.
    @discardableResult
    package func writeZeros(_ name: String, size: Int) throws(TestKitError) -> String {
        let path = try write(name, [])
        try system("size \(path)") { unsafe Int(truncate(path, size)) }
        return path
    }

    private static func make(_ path: String) throws(TestKitError) {
        try system("make the folder \(path)") {
            let result = unsafe mkdir(path, 0o755)
            return result < 0 && errno == EEXIST ? 0 : Int(result)
        }
    }
}

/// All the bytes of a file.
package func contents(of path: String) throws(TestKitError) -> [UInt8] {
    let descriptor = try CInt(system("open \(path)") { unsafe Int(open(path, O_RDONLY | O_CLOEXEC)) })
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
        let count = try system("read \(path)") {
            unsafe chunk.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
        }
        if count == 0 { return bytes }
        bytes += chunk[..<count]
    }
}

/// The text of a file; bytes that are not UTF-8 are repaired.
package func text(of path: String) throws(TestKitError) -> String {
    String(decoding: try contents(of: path), as: UTF8.self)
}

/// Whether something is at `path`, and, if asked for, whether it may be executed.
package func exists(_ path: String, executable: Bool = false) -> Bool {
    unsafe access(path, executable ? X_OK : F_OK) == 0
}
