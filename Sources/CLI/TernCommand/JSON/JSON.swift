/// A JSON value (RFC 8259). Numbers keep their text, so that what is handed through stays as it was.
enum JSON: Sendable, Equatable {
    case null
    case bool(Bool)
    case number(String)
    case string(String)
    case array([JSON])
    case object([Member])

    /// A name and its value.
    struct Member: Sendable, Equatable {
        var name: String
        var value: JSON
    }

    /// What it is, for messages.
    var kind: String {
        switch self {
        case .null: "null"
        case .bool: "true or false"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// Text that is not JSON: what was wrong, and at which byte.
struct JSONError: Error, CustomStringConvertible {
    var reason: String
    var offset: Int
    var description: String { "not JSON: \(reason) at byte \(offset)" }
}
