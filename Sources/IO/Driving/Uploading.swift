import FileIO
package import TransportCore

/// Where the body of a request comes from while it is sent.
package enum Upload {
    /// There is none, or all of it was handed over.
    case none
    /// Bytes in memory, and how many have gone.
    case bytes([UInt8], sent: Int)
    /// Chunks that a task reads.
    case pump(UploadPump)
}

/// How an exchange gives its body away.
extension OngoingExchange {
    /// What is to be sent next.
    package enum Piece {
        case bytes([UInt8], isLast: Bool)
        /// The body is complete.
        case end(trailers: HTTPFields)
        /// Nothing now.
        case nothing
        case failed(TransportError)
    }

    /// Bytes of a body in memory that are handed over at once: 64 KiB.
    private static var pieceSize: Int { 64 << 10 }

    /// Makes the body ready.
    package final func prepareUpload(_ driver: ExchangeDriver) {
        guard framing.hasContent else { return }
        switch exchange.request.body {
        case .empty: upload = .bytes([], sent: 0)
        case .bytes(let bytes): upload = .bytes(bytes, sent: 0)
        case .file(let slice): pump(BodyStream(length: slice.length, replayable: true) { FileReader(slice) }, driver)
        case .stream(let stream): pump(stream, driver)
        }
    }

    private func pump(_ stream: BodyStream, _ driver: ExchangeDriver) {
        // Let go of when the exchange ends.
        let pump = UploadPump(stream) { [self] in
            _ = driver.push(.uploadReady(self))
        }
        upload = .pump(pump)
    }

    /// How many bytes the body must have, if anybody said so.
    package final var declaredUpload: Int64? { framing.contentLength ?? exchange.request.body.length }

    /// Whether all of the body was handed to the connection.
    package final var isUploadDone: Bool { if case .none = upload { true } else { false } }

    /// The next part of the body, counted and told.
    package final func nextPiece(_ driver: ExchangeDriver) -> Piece {
        let now = driver.now
        var most = OngoingExchange.pieceSize
        if let throttle, throttle.limitsSending, !isUploadDone {
            let sendable = throttle.sendable(at: now)
            guard sendable > 0 else {
                waitToSend(driver)
                return .nothing
            }
            most = min(most, sendable)
            if let bytes = throttle.next(upTo: most) {
                count(sent: bytes.count, at: now)
                return .bytes(bytes, isLast: false)
            }
        }
        switch upload {
        case .none: return .nothing
        case .bytes(let bytes, let gone):
            let trailers = exchange.request.trailers
            if gone == 0, bytes.count <= 2 * OngoingExchange.pieceSize, throttle == nil {
                if bytes.isEmpty { return finished(trailers, driver) }
                count(sent: bytes.count, at: now)
                guard trailers.isEmpty else {
                    upload = .bytes(bytes, sent: bytes.count)
                    return .bytes(bytes, isLast: false)
                }
                _ = finished(.none, driver)
                return .bytes(bytes, isLast: true)
            }
            guard gone < bytes.count else { return finished(trailers, driver) }
            let end = min(gone + most, bytes.count)
            count(sent: end - gone, at: now)
            let piece = Array(bytes[gone..<end])
            if end == bytes.count, trailers.isEmpty {
                _ = finished(.none, driver)
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
                if let declared = declaredUpload, sent != declared {
                    return .failed(wrongLength(sent, declared))
                }
                var trailers = exchange.request.trailers
                trailers.append(contentsOf: found)
                return finished(trailers, driver)
            case .chunk(var bytes):
                if let declared = declaredUpload, sent + Int64(bytes.count) > declared {
                    return .failed(wrongLength(sent + Int64(bytes.count), declared))
                }
                if let throttle, throttle.limitsSending { bytes = throttle.cut(bytes, to: most) }
                count(sent: bytes.count, at: now)
                return .bytes(bytes, isLast: false)
            }
        }
    }

    /// So many bytes of the body have been handed over.
    package final func count(sent bytes: Int, at now: Instant) {
        sent += Int64(bytes)
        throttle?.sent(bytes)
        isStarved = false
        if step == .sending { since = now }
        if exchange.onEvent != nil, bytes > 0 {
            tell(.uploadProgress(sent: sent, total: framing.contentLength), at: now)
        }
    }

    private func finished(_ trailers: HTTPFields, _ driver: ExchangeDriver) -> Piece {
        upload = .none
        requestIsSent(driver)
        return .end(trailers: trailers)
    }

    /// The whole request was handed over.
    package final func requestIsSent(_ driver: ExchangeDriver) {
        tell(.requestSent, at: driver.now)
        if step == .sending { enter(.waiting, driver) }
    }

    /// Ends the reading of the body.
    package final func stopUpload() {
        if case .pump(let pump) = upload { pump.stop() }
        upload = .none
    }

    /// The error of a body of so many bytes, or more, where others were declared.
    package final func wrongLength(_ actual: Int64, _ declared: Int64) -> TransportError {
        error(
            .bodyLengthMismatch, "the body of \(summary) has \(actual) bytes or more where \(declared) were declared",
            phase: .send)
    }

    /// The error of a body that failed.
    package final func bodyError(_ underlying: any Error) -> TransportError {
        if let file = underlying as? FileError, file.isTooShort {
            return error(.bodyLengthMismatch, "the body of \(summary): \(file)", phase: .send, underlying: underlying)
        }
        return error(.bodyFailed, "the body of \(summary) failed: \(underlying)", phase: .send, underlying: underlying)
    }
}
