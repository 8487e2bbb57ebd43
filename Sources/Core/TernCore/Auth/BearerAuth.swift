/// A bearer token with every request (RFC 6750 §2.1), without waiting for a challenge.
///
/// A request that has an `Authorization` field of its own keeps it. A token with other characters than RFC 6750
/// allows ends the call in ``HTTPError/Kind/input(_:)`` with a ``CredentialsError``, before anything is sent.
public struct BearerAuth: Authenticator, PromptAuthenticator, CustomStringConvertible, CustomReflectable {
    let field: Result<HTTPField, CredentialsError>

    /// A session that sends `token`.
    public init(token: String) {
        if Self.isToken(token) {
            field = .success(HTTPField(name: .authorization, value: "Bearer \(token)"))
        } else {
            field = .failure(
                CredentialsError("a bearer token is of letters, digits and -._~+/ with = at its end (RFC 6750 §2.1)"))
        }
    }

    /// `b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`
    private static func isToken(_ text: String) -> Bool {
        let core = text.utf8.prefix { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
            default: "-._~+/".utf8.contains(byte)
            }
        }
        return !core.isEmpty && text.utf8.dropFirst(core.count).allSatisfy { $0 == UInt8(ascii: "=") }
    }

    public func authorize(_ request: Request, _ call: Call) async throws -> Request {
        try request.authorized(by: field, call)
    }

    /// The value of the field; throws if there is none.
    func value(_ call: Call) throws(HTTPError) -> String {
        do throws(CredentialsError) {
            return try field.get().value
        } catch {
            throw call.failure(.input(error))
        }
    }

    /// What it is; never the token.
    public var description: String { "BearerAuth(hidden)" }
    /// A mirror without children, so that `dump` does not show the token.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
