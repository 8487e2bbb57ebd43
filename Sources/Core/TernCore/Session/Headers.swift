/// Fields of requests, in order, checked.
///
///     ["Accept": "text/html", .ifNoneMatch: etag, "X-Trace": nil]
///
/// `HTTPFields` turns a CR, LF or NUL in a value silently into a space; here such a value, like a name that is no
/// token (RFC 9110 §5.1, §5.5), is kept as the first fault, and every request made with it fails with
/// ``InvalidField`` before anything is sent. `nil` takes away what the session has under that name.
public struct Headers: Sendable, Hashable {
    /// The fields that are valid.
    public private(set) var fields = HTTPFields()
    // Seldom there: kept apart, so that a set of headers is two words.
    private var rest: Rest?

    private final class Rest: Sendable, Hashable {
        let removed: [HTTPField.Name]
        let fault: InvalidField?
        init(removed: [HTTPField.Name], fault: InvalidField?) {
            self.removed = removed
            self.fault = fault
        }
        static func == (left: Rest, right: Rest) -> Bool { left.removed == right.removed && left.fault == right.fault }
        func hash(into hasher: inout Hasher) {
            hasher.combine(removed)
            hasher.combine(fault)
        }
    }

    /// As many fields as one message may have: what `HTTPFields` holds at most, less some for the session's own.
    static let limit = 60_000

    /// No fields.
    public init() {}

    /// Fields that exist already.
    public init(_ fields: HTTPFields) {
        self.fields = fields
    }

    /// Adds a field at the end, besides others of the same name.
    public mutating func append(_ name: Name, _ value: String) {
        guard let token = name.token else { return note(InvalidField(name: name.text, .name)) }
        guard HTTPField.isValidValue(value) else { return note(InvalidField(name: name.text, .value(value))) }
        guard fields.count < Headers.limit else { return note(InvalidField(name: name.text, .tooMany)) }
        fields.append(HTTPField(name: token, value: value))
    }

    /// The value of the first field of that name. Setting replaces all of the name; `nil` takes them away, and what
    /// the session has under it.
    public subscript(name: Name) -> String? {
        get { name.token.flatMap { token in fields.first { $0.name == token }?.value } }
        set {
            guard let token = name.token else { return note(InvalidField(name: name.text, .name)) }
            fields.removeAll { $0.name == token }
            if let newValue {
                append(name, newValue)
            } else {
                rest = Rest(removed: removed + [token], fault: fault)
            }
        }
    }

    /// The values of all fields of that name, in order.
    public subscript(values name: Name) -> [String] {
        get { name.token.map { fields[values: $0] } ?? [] }
        set {
            self[name] = nil
            for value in newValue { append(name, value) }
        }
    }

    /// Whether there is nothing in it, not even a name to take away.
    public var isEmpty: Bool { fields.isEmpty && rest == nil }

    /// The first name or value that cannot be sent.
    public var fault: InvalidField? { rest?.fault }

    private var removed: [HTTPField.Name] { rest?.removed ?? [] }

    private mutating func note(_ fault: InvalidField) {
        rest = Rest(removed: removed, fault: self.fault ?? fault)
    }

    /// `base` with these fields in place of all of the same names.
    func merged(over base: HTTPFields) -> HTTPFields {
        guard !isEmpty else { return base }
        var merged = base
        for name in removed { merged[fields: name] = [] }
        for (position, field) in fields.enumerated() {
            if fields[..<position].contains(where: { $0.name == field.name }) { continue }
            merged[fields: field.name] = fields[fields: field.name]
        }
        return merged
    }
}

extension Headers: ExpressibleByDictionaryLiteral {
    /// The fields in the order of the literal; names may repeat.
    public init(dictionaryLiteral elements: (Name, String?)...) {
        for (name, value) in elements {
            if let value { append(name, value) } else { self[name] = nil }
        }
    }
}

extension Headers: CustomStringConvertible {
    /// The fields, one a line; values of fields that hold credentials are left out.
    public var description: String {
        fields.map { field in
            switch field.name {
            case .authorization, .proxyAuthorization, .cookie: "\(field.name): (hidden)"
            default: "\(field)"
            }
        }.joined(separator: "\n")
    }
}

/// A field that cannot be sent.
public struct InvalidField: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong with it.
    public enum Reason: Sendable, Hashable {
        /// The name is no token (RFC 9110 §5.6.2).
        case name
        /// The value holds CR, LF, NUL or another control character, or starts or ends with white space
        /// (RFC 9110 §5.5).
        case value(String)
        /// There are more fields than a message can have.
        case tooMany
    }
    /// The name as it was given.
    public var name: String
    /// What is wrong.
    public var reason: Reason

    init(name: String, _ reason: Reason) {
        self.name = name
        self.reason = reason
    }

    /// Names the field, and the offending character rather than the value, which may be a secret.
    public var description: String {
        switch reason {
        case .name: return "\"\(escaped(name))\" is not the name of a field (RFC 9110 §5.1)"
        case .tooMany: return "more than \(Headers.limit) fields, the first too many is \(escaped(name))"
        case .value(let value):
            for (offset, byte) in value.utf8.enumerated() where byte < 0x20 && byte != 0x09 || byte == 0x7f {
                let character = [0: "NUL", 0x0a: "LF", 0x0d: "CR"][byte] ?? "a control character"
                return "the value of the field \(escaped(name)) holds \(character) at byte \(offset) (RFC 9110 §5.5)"
            }
            return "the value of the field \(escaped(name)) starts or ends with white space (RFC 9110 §5.5)"
        }
    }

    private func escaped(_ text: String) -> String {
        text.prefix(100).unicodeScalars.map { $0.escaped(asASCII: true) }.joined()
    }
}
