import Glibc

/// Whether a terminal is painted on: not if `NO_COLOR` is set, or the terminal says that it cannot.
enum Colors {
    static var areWanted: Bool {
        if let value = unsafe getenv("NO_COLOR"), unsafe value.pointee != 0 { return false }
        guard let terminal = unsafe getenv("TERM") else { return true }
        return unsafe String(cString: terminal) != "dumb"
    }
}
