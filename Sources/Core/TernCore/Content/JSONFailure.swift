/// JSON that does not fit a type, or the other way round: which type, where in the JSON, and why.
public struct JSONFailure: Error, Sendable, CustomStringConvertible {
    /// The Swift type.
    public let type: String
    /// The place in the JSON: `items[3].title`; empty for the whole.
    public let path: String
    /// What is wrong there, for people.
    public let reason: String
    /// The coder's own error.
    public let underlying: any Error
    private let isEncoding: Bool

    init<Value>(encoding error: any Error, _ value: Value) {
        type = "\(Value.self)"
        isEncoding = true
        underlying = error
        if let error = error as? EncodingError, case .invalidValue(_, let context) = error {
            path = JSONFailure.text(of: context.codingPath)
            reason = context.debugDescription
        } else {
            path = ""
            reason = "\(error)"
        }
    }

    init(decoding error: any Error, _ type: Any.Type) {
        self.type = "\(type)"
        isEncoding = false
        underlying = error
        switch error as? DecodingError {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            path = JSONFailure.text(of: context.codingPath)
            reason = context.debugDescription
        case .keyNotFound(let key, let context):
            path = JSONFailure.text(of: context.codingPath)
            reason = "there is no \"\(key.stringValue)\""
        default:
            path = ""
            reason = "\(error)"
        }
    }

    private static func text(of path: [any CodingKey]) -> String {
        path.reduce(into: "") { text, key in
            if let index = key.intValue {
                text += "[\(index)]"
            } else {
                text += text.isEmpty ? key.stringValue : ".\(key.stringValue)"
            }
        }
    }

    /// One sentence.
    public var description: String {
        let place = path.isEmpty ? "" : " at \(path)"
        return isEncoding
            ? "\(type) cannot be written as JSON\(place): \(reason)" : "no JSON of \(type)\(place): \(reason)"
    }
}
