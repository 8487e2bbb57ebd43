/// A phase of an exchange that was reached, and when. Events come in the order in which things happen; an exchange
/// on a connection that is open already has no `resolved`, `connected` and `tlsDone`.
public struct ExchangeEvent: Sendable {
    /// When.
    public let at: Instant
    /// What.
    public let kind: Kind

    /// An event.
    public init(_ kind: Kind, at: Instant) {
        self.kind = kind
        self.at = at
    }

    /// What happened.
    public enum Kind: Sendable {
        /// The exchange was taken and waits for its turn.
        case queued
        /// The host's addresses are known.
        case resolved([IPAddress])
        /// A socket is connected; to the proxy, where there is one.
        case connected
        /// The TLS handshake is done.
        case tlsDone
        /// A connection was chosen and the request is about to go out.
        case ready(ConnectionInfo, reused: Bool)
        /// The whole request, body included, was handed to the connection.
        case requestSent
        /// `sent` bytes of the request body have gone; `total` is `nil` if it is not known.
        case uploadProgress(sent: Int64, total: Int64?)
        /// A 1xx response (RFC 9110 §15.2).
        case informational(HTTPResponse)
        /// The final head.
        case head(HTTPResponse)
        /// `received` bytes of the body have come; `total` is what `Content-Length` says.
        case downloadProgress(received: Int64, total: Int64?)
        /// The body ended, with these trailers.
        case done(trailers: HTTPFields)
        /// Why something was decided: a sentence for people.
        case note(String)
    }

    /// The name of the phase, as `--timeline` shows it.
    public var phase: String {
        switch kind {
        case .queued: "queued"
        case .resolved: "resolved"
        case .connected: "connected"
        case .tlsDone: "TLS done"
        case .ready: "ready"
        case .requestSent: "request sent"
        case .uploadProgress: "upload progress"
        case .informational: "informational"
        case .head: "head"
        case .downloadProgress: "download progress"
        case .done: "done"
        case .note: "note"
        }
    }
}
