import Glibc

/// The text of an `errno` value.
func systemErrorText(_ code: CInt) -> String {
    unsafe String(cString: strerror(code))
}

/// Repeats a call that a signal interrupted; throws what else went wrong.
@discardableResult
func system(_ tried: @autoclosure () -> String, _ call: () -> Int) throws(TestKitError) -> Int {
    while true {
        let result = call()
        if result >= 0 { return result }
        let code = errno
        if code != EINTR { throw .system(tried(), code: code) }
    }
}

/// Lets this thread rest: for bounded polling of what has no wake-up (a server's first `listen`).
func rest(milliseconds: Int) {
    var time = timespec(tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
    _ = unsafe nanosleep(&time, nil)
}

/// Gives `body` the strings as C's null-terminated vector of pointers.
func withCStrings<Result>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
) -> Result {
    let copies = unsafe strings.map { unsafe strdup($0) }
    defer { unsafe copies.forEach { unsafe free($0) } }
    return unsafe body(copies + [nil])
}
