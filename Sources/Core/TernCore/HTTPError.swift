/// Why a call did not end in a response, with everything that happened before.
public struct HTTPError: Error, Sendable, CustomStringConvertible {
    /// What happened.
    public enum Kind: Sendable {
        /// The transport failed.
        case transport(TransportError)
        /// The URL, a field, a parameter or a file is not usable. Nothing was sent.
        case input(any Error)
        /// A body could not be made: encoding it failed, the caller's stream threw this error, or it cannot be sent a
        /// second time.
        case body(any Error)
        /// A body could not be understood: its content coding, its length, its JSON, its text.
        case decoding(any Error)
        /// What was received could not be written to a file.
        case file(any Error)
        /// A redirect was not followed.
        case redirects(String)
        /// A status that ``Response/checkStatus()`` refuses.
        case status(HTTPResponse.Status)
        /// A middleware or hook threw.
        case middleware(any Error)
        /// The task was cancelled.
        case cancelled
    }
    /// What happened.
    public var kind: Kind
    /// The request that the caller made: method and URL, without user information.
    public var request: String
    /// Redirects that were followed before.
    public var history: [Hop]
    /// Every time that a request was handed to the transport.
    public var attempts: [Attempt]

    /// An error of `kind` for `request`.
    public init(_ kind: Kind, request: String, history: [Hop] = [], attempts: [Attempt] = []) {
        self.kind = kind
        self.request = request
        self.history = history
        self.attempts = attempts
    }

    /// The transport's error, if it is one.
    public var transportError: TransportError? { if case .transport(let error) = kind { error } else { nil } }

    /// Whether the task was cancelled.
    public var isCancelled: Bool {
        if case .cancelled = kind { return true }
        return transportError?.code == .cancelled
    }

    /// What was tried, and what came back.
    public var description: String {
        var text = "\(request): "
        switch kind {
        case .transport(let error): text += told(error)
        case .input(let error): text += "\(error)"
        case .body(let error): text += "the request's body: \(error)"
        case .decoding(let error): text += "the response's body: \(error)"
        case .file(let error): text += "the download: \(error)"
        case .redirects(let reason): text += reason
        case .status(let status): text += "the server answered \(status.text)"
        case .middleware(let error): text += "a middleware failed: \(error)"
        case .cancelled: text += "cancelled"
        }
        if attempts.count > 1 { text += " (\(attempts.count) attempts)" }
        return text
    }

    /// The transport's words. Those that begin with method and origin would say again what stands in front, unless a
    /// redirect led to another origin.
    private func told(_ error: TransportError) -> String {
        let text = error.description
        let method = request.prefix { $0 != " " }
        let lead = "\(method) \(error.endpoint): "
        guard text.hasPrefix(lead), let url = try? HTTPURL(String(request.dropFirst(method.count + 1))),
            url.origin.description == error.endpoint
        else { return text }
        return String(text.dropFirst(lead.count))
    }
}

extension HTTPResponse.Status {
    /// Code and phrase, or the code alone.
    var text: String { reasonPhrase.isEmpty ? "\(code)" : "\(code) \(reasonPhrase)" }
}
