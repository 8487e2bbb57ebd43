import Glibc

/// Makes the folders that a file will be in (`--create-dirs`).
enum OutputFolder {
    static func make(for path: String) throws {
        var folder = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/").dropLast() {
            folder += folder.isEmpty || folder == "/" ? String(part) : "/\(part)"
            guard unsafe mkdir(folder, 0o750) == 0 || errno == EEXIST else {
                throw UsageError("making the folder \(folder): \(unsafe String(cString: strerror(errno)))", code: 23)
            }
        }
    }
}
