/// Why something that a test asked of the kit is not there: what was tried, and what came back.
package struct TestKitError: Error, CustomStringConvertible {
    /// What was tried and what came back, in one sentence; a server's log may follow on further lines.
    package let description: String

    /// An error whose message is `description`.
    package init(_ description: String) { self.description = description }

    /// An error of a system call that has just failed, with the text of `errno`.
    static func system(_ tried: String, code: CInt) -> TestKitError {
        TestKitError("\(tried): \(systemErrorText(code))")
    }
}
