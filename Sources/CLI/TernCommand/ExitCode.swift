import TernCore

/// curl's exit code for each kind of failure (the list in curl's manual page).
enum ExitCode {
    static func of(_ error: any Error) -> Int32 {
        switch error {
        case let error as UsageError: error.code
        case let error as TransportError: of(error)
        case let error as HTTPURLError: of(error)
        case is InvalidField, is CredentialsError, is InvalidMultipart: 43
        case let error as HTTPError:
            switch error.kind {
            case .transport(let error): of(error)
            case .input(let error): of(input: error)
            case .body(let error): error is BodyNotReplayable ? 65 : of(input: error)
            case .decoding(let error): of(decoding: error)
            case .file: 23
            case .redirects(let reason): reason.contains("unsupported scheme") ? 1 : 47
            case .status: 22
            case .middleware(let error): of(error)
            case .cancelled: 42
            }
        default: 2
        }
    }

    private static func of(_ error: HTTPURLError) -> Int32 {
        if case .unsupportedScheme = error.reason { return 1 }
        return 3
    }

    private static func of(input error: any Error) -> Int32 {
        switch error {
        case let error as HTTPURLError: of(error)
        case let error as TransportError: of(error)
        case let error as UsageError: error.code
        case is InvalidField, is CredentialsError, is InvalidMultipart: 43
        default: 26
        }
    }

    private static func of(decoding error: any Error) -> Int32 {
        switch error {
        case is BodyTooLarge: 63
        case let error as TransportError: of(error)
        default: 61
        }
    }

    /// What libcurl called it, where it was libcurl; else by what happened.
    static func of(_ error: TransportError) -> Int32 {
        if let name = error.libraryCode, name.hasPrefix("CURLE_"), name.hasSuffix(")"), error.code != .cancelled,
            let mark = name.lastIndex(of: "("), let code = Int32(name[name.index(after: mark)...].dropLast()), code > 0
        {
            return code
        }
        return switch error.code {
        case .badRequest: 43
        case .unsupported: 4
        case .closed: 2
        case .hostNotFound, .resolveFailed: error.message.contains("proxy") ? 5 : 6
        case .addressRefused, .connectionRefused, .connectFailed: 7
        case .tlsFailed: 35
        case .certificateInvalid: 60
        case .pinMismatch: 90
        case .clientCertificateInvalid: 58
        case .protocolRefused: 16
        // CONNECT was answered, or SOCKS refused.
        case .proxyRefused: error.proxyAnswer == nil ? 97 : 56
        case .proxyFailed: 97
        case .resolveTimeout, .connectTimeout, .tlsTimeout, .poolTimeout, .firstByteTimeout, .idleReadTimeout,
            .idleWriteTimeout, .attemptTimeout, .totalTimeout:
            28
        case .sendFailed: 55
        case .connectionClosed: error.phase == .head || error.phase == .send ? 52 : 56
        case .connectionReset: 56
        // What is not HTTP at all is to curl the unsupported HTTP/0.9; a broken chunk is a failure to receive.
        case .malformedResponse where error.message.contains("does not speak HTTP"): 1
        case .malformedResponse where error.phase == .body: 56
        case .malformedResponse, .headTooLarge: 8
        case .bodyTruncated: 18
        case .streamReset, .streamRefused, .goAway: 92
        case .olderVersionWanted: 95
        case .protocolViolation: 16
        case .bodyFailed, .bodyLengthMismatch: 26
        case .cancelled: 42
        case .libraryFailure: 2
        }
    }
}
