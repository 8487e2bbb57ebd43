import FileIO
import TransportCore

/// Where the body of a request comes from while it is sent.
enum Upload {
    /// There is none, or all of it was handed over.
    case none
    /// Bytes in memory, and how many have gone.
    case bytes([UInt8], sent: Int)
    /// Chunks that a task reads.
    case pump(UploadPump)
}

/// How an exchange gives its body away.
extension NativeExchange {
    /// What is to be sent next.
    enum Piece {
        case bytes([UInt8], isLast: Bool)
        /// The body is complete.
        case end(trailers: HTTPFields)
        /// Nothing now.
        case nothing
        case failed(TransportError)
    }

    /// Bytes of a body in memory that are handed over at once: 64 KiB.
    static let pieceSize = 64 << 10

    /// Makes the body ready.
    func prepareUpload(_ driver: Driver) {
        guard framing.hasContent else { return }
        switch exchange.request.body {
        case .empty: upload = .bytes([], sent: 0)
        case .bytes(let bytes): upload = .bytes(bytes, sent: 0)
        case .file(let slice): pump(BodyStream(length: slice.length, replayable: true) { FileReader(slice) }, driver)
        case .stream(let stream): pump(stream, driver)
        }
    }

    private func pump(_ stream: BodyStream, _ driver: Driver) {
        let pump = UploadPump(stream) { [self] in
            _ = driver.push(.uploadReady(self))
        }
        upload = .pump(pump)
    }

    /// Whether all of the body was handed to the connection.
    var isUploadDone: Bool { if case .none = upload { true } else { false } }

    /// The next part of the body, counted and told.
    func nextPiece(_ driver: Driver) -> Piece {
        let now = driver.now
        switch upload {
        case .none: return .nothing
        case .bytes(let bytes, let gone):
            let trailers = exchange.request.trailers
            if gone == 0, bytes.count <= 2 * NativeExchange.pieceSize {
                if bytes.isEmpty { return finished(trailers, driver) }
                count(bytes.count, at: now)
                guard trailers.isEmpty else {
                    upload = .bytes(bytes, sent: bytes.count)
                    return .bytes(bytes, isLast: false)
                }
                _ = finished([:], driver)
                return .bytes(bytes, isLast: true)
            }
            guard gone < bytes.count else { return finished(trailers, driver) }
            let end = min(gone + NativeExchange.pieceSize, bytes.count)
            count(end - gone, at: now)
            let piece = Array(bytes[gone..<end])
            if end == bytes.count, trailers.isEmpty {
                _ = finished([:], driver)
                return .bytes(piece, isLast: true)
            }
            upload = .bytes(bytes, sent: end)
            return .bytes(piece, isLast: false)
        case .pump(let pump):
            pump.start()
            switch pump.next() {
            case .nothing:
                isStarved = true
                return .nothing
            case .failed(let underlying): return .failed(bodyError(underlying))
            case .end(let found):
                if let declared = framing.contentLength, sent != declared { return .failed(wrongLength(declared)) }
                return finished(exchange.request.trailers + found, driver)
            case .chunk(let bytes):
                if let declared = framing.contentLength, sent + Int64(bytes.count) > declared {
                    sent += Int64(bytes.count)
                    return .failed(wrongLength(declared))
                }
                count(bytes.count, at: now)
                return .bytes(bytes, isLast: false)
            }
        }
    }

    private func count(_ bytes: Int, at now: Instant) {
        sent += Int64(bytes)
        isStarved = false
        if step == .sending { since = now }
        if exchange.onEvent != nil, bytes > 0 {
            tell(.uploadProgress(sent: sent, total: framing.contentLength), at: now)
        }
    }

    private func finished(_ trailers: HTTPFields, _ driver: Driver) -> Piece {
        upload = .none
        requestIsSent(driver)
        return .end(trailers: trailers)
    }

    /// The whole request was handed over.
    func requestIsSent(_ driver: Driver) {
        tell(.requestSent, at: driver.now)
        guard step == .sending else { return }
        step = .waiting
        since = driver.now
        driver.look(after: driver.limits(of: self).firstByte)
    }

    /// Ends the reading of the body.
    func stopUpload() {
        if case .pump(let pump) = upload { pump.stop() }
        upload = .none
    }

    private func wrongLength(_ declared: Int64) -> TransportError {
        error(
            .bodyLengthMismatch, "the body of \(summary) has \(sent) bytes where \(declared) were declared",
            phase: .send)
    }

    private func bodyError(_ underlying: any Error) -> TransportError {
        if let file = underlying as? FileError, file.code == .tooShort {
            return error(.bodyLengthMismatch, "the body of \(summary): \(file)", phase: .send, underlying: underlying)
        }
        return error(.bodyFailed, "the body of \(summary) failed: \(underlying)", phase: .send, underlying: underlying)
    }
}

extension HTTPFields {
    fileprivate static func + (left: HTTPFields, right: HTTPFields) -> HTTPFields {
        var fields = left
        fields.append(contentsOf: right)
        return fields
    }
}
