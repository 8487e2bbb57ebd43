/// What a server or proxy asks for: one challenge of a `WWW-Authenticate` or `Proxy-Authenticate` field
/// (RFC 9110 §11.3).
///
///     for challenge in Challenge.parse(response.headers[values: .wwwAuthenticate]) where challenge.isScheme("Digest") {
///         print(challenge.realm ?? "")
///     }
public struct Challenge: Sendable, Hashable, CustomStringConvertible {
    /// The scheme as it was written; see ``isScheme(_:)``.
    public var scheme: String
    /// What stands in place of parameters with some schemes: base64 or the like.
    public var token68: String?
    /// The parameters in their order.
    public var parameters: [Parameter]

    /// A parameter of a challenge (RFC 9110 §11.2).
    public struct Parameter: Sendable, Hashable {
        /// In lower case.
        public var name: String
        /// Without quotes and escapes.
        public var value: String
        /// A parameter; `name` is put in lower case.
        public init(_ name: String, _ value: String) {
            self.name = name.lowercased()
            self.value = value
        }
    }

    /// A challenge.
    public init(scheme: String, token68: String? = nil, parameters: [Parameter] = []) {
        self.scheme = scheme
        self.token68 = token68
        self.parameters = parameters
    }

    /// The challenges of the fields with these values, in their order.
    ///
    /// Takes what RFC 9110 §11.6.1 allows: several challenges in one field, several fields, quoted strings with
    /// commas and escapes, token68, empty list elements. What it does not allow costs nothing else: parameters
    /// before any scheme and elements that are no token are left out, and a parameter that comes twice counts the
    /// first time. A field without a single scheme gives nothing.
    public static func parse(_ values: [String]) -> [Challenge] {
        values.flatMap { value in
            var parser = ChallengeParser(value)
            return parser.challenges()
        }
    }

    /// The value of the first parameter with that name, in any case.
    public subscript(name: String) -> String? {
        let name = name.lowercased()
        return parameters.first { $0.name == name }?.value
    }

    /// The protection space's name, if the challenge has one (RFC 9110 §11.5).
    public var realm: String? { self["realm"] }

    /// Whether it is of this scheme; schemes have no case (RFC 9110 §11.1).
    public func isScheme(_ name: String) -> Bool { scheme.lowercased() == name.lowercased() }

    /// The challenge as a field says it.
    public var description: String {
        if let token68 { return "\(scheme) \(token68)" }
        if parameters.isEmpty { return scheme }
        return "\(scheme) " + parameters.map { "\($0.name)=\(QuotedText.quoted($0.value))" }.joined(separator: ", ")
    }
}
