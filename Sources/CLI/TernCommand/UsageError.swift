/// A command line that cannot be carried out. Ends the program with curl's code 2, or `code`.
struct UsageError: Error, CustomStringConvertible {
    var description: String
    var code: Int32 = 2

    init(_ description: String, code: Int32 = 2) {
        self.description = description
        self.code = code
    }
}
