/// User and password with every request (RFC 7617), in UTF-8, without waiting for a challenge.
///
/// A request that has an `Authorization` field of its own keeps it. A user with a colon, or control characters, end
/// the call in ``HTTPError/Kind/input(_:)`` with a ``CredentialsError``, before anything is sent.
public struct BasicAuth: Authenticator, PromptAuthenticator, CustomStringConvertible, CustomReflectable {
    let field: Result<HTTPField, CredentialsError>

    /// Credentials of `user`. Both may be empty.
    public init(user: String, password: String) {
        let isControl: (Unicode.Scalar) -> Bool = { $0.properties.generalCategory == .control }
        if user.utf8.contains(UInt8(ascii: ":")) {
            field = .failure(CredentialsError("a user with a colon has no place in Basic credentials (RFC 7617 §2)"))
        } else if user.unicodeScalars.contains(where: isControl) || password.unicodeScalars.contains(where: isControl) {
            field = .failure(CredentialsError("Basic credentials must not hold control characters (RFC 7617 §2)"))
        } else {
            let token = Base64.encode(Array("\(user):\(password)".utf8))
            field = .success(HTTPField(name: .authorization, value: "Basic \(token)"))
        }
    }

    /// Basic credentials, from a URL say.
    public init(_ credentials: Credentials) {
        self.init(user: credentials.user, password: credentials.password)
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

    /// What it is; never user or password.
    public var description: String { "BasicAuth(hidden)" }
    /// A mirror without children, so that `dump` shows neither part.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Credentials that cannot be sent. Never shows them.
public struct CredentialsError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong with them.
    public let message: String
    init(_ message: String) { self.message = message }
    /// The message.
    public var description: String { message }
}

extension Request {
    /// This request with the credentials in `field`, unless it has some already.
    func authorized(by field: Result<HTTPField, CredentialsError>, _ call: Call) throws(HTTPError) -> Request {
        if fields.contains(.authorization) { return self }
        var request = self
        do throws(CredentialsError) {
            try request.fields.append(field.get())
        } catch {
            throw call.failure(.input(error))
        }
        return request
    }
}
