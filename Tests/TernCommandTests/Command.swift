import Glibc
import TestKit

/// Runs `tern` and `curl` as a shell would: in a folder of its own, with standard input, output and error apart.
enum Command {
    /// What a run left behind.
    struct Run: Sendable {
        var exit: ChildProcess.Exit
        var output: [UInt8]
        var error: String
        /// New and changed files, by name.
        var files: [String: [UInt8]]

        var text: String { String(decoding: output, as: UTF8.self) }
    }

    /// The command, which SwiftPM builds into the folder of the test bundle.
    static var tern: String {
        get throws {
            var path = [CChar](repeating: 0, count: 4096)
            let count = unsafe readlink("/proc/self/exe", &path, path.count - 1)
            guard count > 0 else { throw TestKitError("the test bundle's path cannot be read") }
            let bundle = String(decoding: path.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let folder = bundle.split(separator: "/").dropLast().joined(separator: "/")
            let binary = "/\(folder)/tern"
            guard exists(binary, executable: true) else { throw TestKitError("\(binary) is not built") }
            return binary
        }
    }

    /// Files that every run finds in its folder.
    static let given: [String: [UInt8]] = [
        "lines.txt": Array("line one\r\nline two & more\n".utf8),
        "bytes.bin": (0...255).map { UInt8($0) },
        "data.json": Array("{\"a\":\n1}\n".utf8),
        "fields.txt": Array("X-One: 1\nX-Two: 2\n".utf8),
        "format.txt": Array("code %{http_code}\n".utf8),
        "part.bin": Array("old bytes".utf8),
        "fields2.txt": Array("X-One: 1\n# none\nX-Two: 2\n  more\n".utf8),
        "cookies.txt": Array("#HttpOnly_localhost\tFALSE\t/\tFALSE\t0\told\tcookie\n".utf8),
    ]

    /// Runs `program`, and waits for it.
    ///
    /// - Parameters:
    ///   - redirections: what a shell does with standard output and error.
    static func run(
        _ program: String, _ arguments: [String], input: String = "", environment: [String: String] = [:],
        redirections: String = "> .out 2> .err", files: [String: String] = [:]
    ) async throws -> Run {
        try await onThread {
            let folder = try ScratchFolder("command")
            for (name, bytes) in given { try folder.write(name, bytes) }
            for (name, text) in files { try folder.write(name, text) }
            try folder.write(".in", input)
            let script = "exec \"$@\" < .in \(redirections)"
            let (exit, _) = try ChildProcess.run(
                "/bin/sh", ["-c", script, "sh", program] + arguments, environment: environment, folder: folder,
                limit: .seconds(30))
            let error = exists(folder.path(of: ".err")) ? try text(of: folder.path(of: ".err")) : ""
            let output = exists(folder.path(of: ".out")) ? try contents(of: folder.path(of: ".out")) : []
            return Run(exit: exit, output: output, error: error, files: try newFiles(in: folder.path, files))
        }
    }

    /// Runs `tern`.
    static func tern(
        _ arguments: String..., input: String = "", environment: [String: String] = [:]
    ) async throws -> Run {
        try await run(tern, arguments, input: input, environment: environment)
    }

    private static func newFiles(
        in folder: String, _ others: [String: String], below prefix: String = ""
    ) throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        guard let directory = unsafe opendir(folder) else { return files }
        defer { unsafe closedir(directory) }
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            let isFolder = unsafe entry.pointee.d_type == UInt8(DT_DIR)
            if name.hasPrefix(".") || name.hasPrefix("run-") { continue }
            let path = "\(folder)/\(name)"
            let given = given[name] ?? others[name].map { Array($0.utf8) }
            if prefix.isEmpty, let old = given, try contents(of: path) == old { continue }
            if isFolder {
                files.merge(try newFiles(in: path, others, below: "\(prefix)\(name)/")) { $1 }
            } else {
                files[prefix + name] = try contents(of: path)
            }
        }
        return files
    }
}
