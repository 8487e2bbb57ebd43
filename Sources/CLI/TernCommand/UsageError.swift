/// What the command itself found: a command line that cannot be carried out (2), a file that cannot be written (23),
/// a status that was not wanted (22).
struct UsageError: Error, CustomStringConvertible {
    var description: String
    var code: Int32 = 2

    init(_ description: String, code: Int32 = 2) {
        self.description = description
        self.code = code
    }
}
