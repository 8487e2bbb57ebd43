import FileIO
import TransportCore

/// Where the body of a request comes from while it is sent.
enum Upload {
    /// There is none that libcurl asks for.
    case none
    /// Bytes in memory, and how many have gone.
    case bytes([UInt8], sent: Int)
    /// Bytes that a task reads.
    case stream(UploadBuffer)
}

/// How an exchange gives its body away. Called by libcurl.
extension ExchangeState {
    /// Where the body comes from, for a request whose body libcurl asks for.
    func makeUpload(wakingBy wake: @escaping @Sendable () -> Void) -> Upload {
        switch exchange.request.body {
        case .empty: .bytes([], sent: 0)
        case .bytes(let bytes): .bytes(bytes, sent: 0)
        case .file(let slice):
            .stream(
                UploadBuffer(
                    BodyStream(length: slice.length, replayable: true) { FileReader(slice) }, onReady: wake))
        case .stream(var stream):
            .stream(
                {
                    stream.length = stream.length ?? framing.contentLength
                    return UploadBuffer(stream, onReady: wake)
                }())
        }
    }

    /// Whether the head asks for 100 (Continue) before the body goes out (RFC 9110 §10.1.1).
    var asksToContinue: Bool {
        if exchange.options.expectContinue == nil { return false }
        if case .none = upload { return false }
        return true
    }

    /// Whether libcurl has all of the body.
    var isUploadDone: Bool {
        switch upload {
        case .none: true
        case .bytes, .stream: step.rawValue > Step.sending.rawValue && isBodyHandedOver
        }
    }

    enum Filling {
        /// Nought is the end.
        case bytes(Int)
        case paused
        case refused
    }

    /// Puts the next bytes of the body into `room`.
    @unsafe
    func fillBody(_ room: UnsafeMutableRawBufferPointer) -> Filling {
        guard failure == nil, let driver = route?.driver else { return .refused }
        isUploadPaused = continueDue.map { $0 > driver.now } ?? false
        if isUploadPaused { return .paused }
        continueDue = nil
        switch upload {
        case .none: return .bytes(0)
        case .bytes(let bytes, let gone):
            let count = min(room.count, bytes.count - gone)
            unsafe bytes.withUnsafeBytes { source in
                unsafe room.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[gone..<(gone + count)]))
            }
            upload = .bytes(bytes, sent: gone + count)
            return handed(count, isLast: gone + count == bytes.count, driver)
        case .stream(let buffer):
            buffer.start()
            switch unsafe buffer.fill(room) {
            case .bytes(let count): return handed(count, isLast: sent + Int64(count) == framing.contentLength, driver)
            case .end: return handed(0, isLast: true, driver)
            case .nothing:
                isUploadPaused = true
                return .paused
            case .failed(let underlying): fail(bodyError(underlying))
            case .wrongLength(let total):
                fail(
                    error(
                        .bodyLengthMismatch,
                        "the body of \(summary) has \(total) bytes or more where "
                            + "\(framing.contentLength ?? 0) were declared"))
            }
            return .refused
        }
    }

    private func handed(_ count: Int, isLast: Bool, _ driver: Driver) -> Filling {
        sent += Int64(count)
        since = step == .sending ? driver.now : since
        if count > 0, exchange.onEvent != nil { tell(.uploadProgress(sent: sent, total: framing.contentLength)) }
        if isLast, !isBodyHandedOver {
            isBodyHandedOver = true
            tell(.requestSent)
            if step == .sending { enter(.waiting) }
        }
        return .bytes(count)
    }

    private func bodyError(_ underlying: any Error) -> TransportError {
        if let file = underlying as? FileError, file.isTooShort {
            return error(.bodyLengthMismatch, "the body of \(summary): \(file)", underlying: underlying)
        }
        return error(.bodyFailed, "the body of \(summary) failed: \(underlying)", underlying: underlying)
    }

    /// The fields after the body: the request's, then what the reader found out.
    var requestTrailers: HTTPFields {
        var trailers = exchange.request.trailers
        if case .stream(let buffer) = upload { trailers.append(contentsOf: buffer.trailers) }
        return trailers
    }
}
