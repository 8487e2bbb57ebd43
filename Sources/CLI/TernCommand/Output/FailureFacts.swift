import TernCore

/// A failure as `tern batch` and `--report json` tell it: a stable code, how far the exchange had come, whether it is
/// safe to try again, a sentence, and curl's exit code.
struct FailureFacts: Equatable {
    var code: String
    var phase: String
    var retrySafety: RetrySafety
    var message: String
    var exit: Int32

    /// The codes that are none of the transport's (``TransportError/Code``).
    enum Code: String, CaseIterable {
        /// A line, a URL, a field or a file that cannot be used.
        case badInput
        /// The body of the request cannot be sent a second time.
        case bodyNotReplayable
        /// The body of the response is longer than is allowed.
        case bodyTooLarge
        /// The content coding of the response is broken or unknown.
        case decodingFailed
        /// What came cannot be written.
        case fileFailed
        /// A redirect that is not followed, or one too many.
        case redirectRefused
        /// A status that `--fail` refuses.
        case statusRefused
        /// A link of the session failed.
        case middlewareFailed
    }

    init(_ code: Code, phase: String, _ safety: RetrySafety, message: String, exit: Int32) {
        self.code = code.rawValue
        self.phase = phase
        retrySafety = safety
        self.message = message
        self.exit = exit
    }

    init(_ error: any Error) {
        let exit = ExitCode.of(error)
        guard let failure = error as? HTTPError else {
            if let usage = error as? UsageError, usage.code == 22 {
                self.init(.statusRefused, phase: "session", .processed, message: usage.description, exit: exit)
            } else if exit == 23 {
                self.init(.fileFailed, phase: "body", .processed, message: "\(error)", exit: exit)
            } else if exit == 63 {
                self.init(.bodyTooLarge, phase: "body", .processed, message: "\(error)", exit: exit)
            } else {
                self.init(.badInput, phase: "input", .notSent, message: "\(error)", exit: exit)
            }
            return
        }
        let message = "\(failure)"
        switch failure.kind {
        case .transport(let error): self.init(error, message, exit)
        case .input(let error as TransportError): self.init(error, message, exit)
        case .input: self.init(.badInput, phase: "input", .notSent, message: message, exit: exit)
        case .body(let error as TransportError): self.init(error, message, exit)
        case .body(let error):
            let code = error is BodyNotReplayable ? Code.bodyNotReplayable : .badInput
            self.init(code, phase: "send", .maybeProcessed, message: message, exit: exit)
        case .decoding(let error as TransportError): self.init(error, message, exit)
        case .decoding(let error):
            let code = error is BodyTooLarge ? Code.bodyTooLarge : .decodingFailed
            self.init(code, phase: "body", .processed, message: message, exit: exit)
        case .file: self.init(.fileFailed, phase: "body", .processed, message: message, exit: exit)
        case .redirects: self.init(.redirectRefused, phase: "session", .processed, message: message, exit: exit)
        case .status: self.init(.statusRefused, phase: "session", .processed, message: message, exit: exit)
        case .middleware(let error as TransportError): self.init(error, message, exit)
        case .middleware:
            self.init(.middlewareFailed, phase: "session", .maybeProcessed, message: message, exit: exit)
        case .cancelled:
            let error = TransportError(
                .cancelled, phase: .queue, retrySafety: .maybeProcessed, endpoint: "", message: message)
            self.init(error, message, exit)
            phase = "session"
        }
    }

    private init(_ error: TransportError, _ message: String, _ exit: Int32) {
        code = error.code.rawValue
        phase = error.phase.rawValue
        retrySafety = error.retrySafety
        self.message = message
        self.exit = exit
    }
}
