import Glibc
import Threads
public import TransportCore

extension FileSlice {
    /// The whole of the file at `path`, as long as it is now. Looks at the file, without opening it: throws if it is
    /// missing, may not be read, or is no regular file.
    public init(contentsOf path: String) throws(FileError) {
        try FileError.check(path)
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            throw FileError("examining", path, errno: errno, errorText(errno))
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw FileError(.notRegular, path, "examining \(path): it is not a regular file")
        }
        guard unsafe access(path, R_OK) == 0 else {
            throw FileError("examining", path, errno: errno, errorText(errno))
        }
        self.init(path: path, length: Int64(status.st_size))
    }
}

extension FileError {
    /// Refuses what C would read as another name.
    static func check(_ path: String) throws(FileError) {
        if path.isEmpty { throw FileError(.badPath, path, "the name of a file is empty") }
        if path.utf8.contains(0) { throw FileError(.badPath, path, "the name \(path.debugDescription) holds a NUL") }
    }
}
