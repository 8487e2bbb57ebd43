import Driving
import TransportCore

/// How an exchange gives its body away. Called by libcurl.
extension ExchangeState {
    /// Makes the body ready, if libcurl is to ask for it.
    func prepareBody(_ driver: Driver) {
        let pulls: Bool =
            if case .bytes(let bytes) = exchange.request.body {
                bytes.count > RequestSetup.copiedBodyLimit || exchange.request.hasTrailers
                    || exchange.options.expectContinue != nil
            } else {
                true
            }
        guard pulls else { return }
        prepareUpload(driver)
        if case .pump(let pump) = upload { uploadReader = UploadReader(pump, declared: declaredUpload) }
    }

    /// Whether the head asks for 100 (Continue) before the body goes out (RFC 9110 §10.1.1).
    var asksToContinue: Bool {
        if exchange.options.expectContinue == nil { return false }
        if case .none = upload { return false }
        return true
    }

    /// Whether libcurl has all of the body.
    var isBodyGone: Bool { isUploadDone || (step.rawValue > Step.sending.rawValue && isBodyHandedOver) }

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
        isUploadPaused = holdsBodyUntil.map { $0 > driver.now } ?? false
        if isUploadPaused { return .paused }
        holdsBodyUntil = nil
        if case .bytes(let bytes, let gone) = upload {
            let count = min(room.count, bytes.count - gone)
            unsafe bytes.withUnsafeBytes { source in
                unsafe room.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[gone..<(gone + count)]))
            }
            upload = .bytes(bytes, sent: gone + count)
            return handed(count, isLast: gone + count == bytes.count, driver)
        }
        guard let uploadReader else { return .bytes(0) }
        switch unsafe uploadReader.fill(room) {
        case .bytes(let count): return handed(count, isLast: sent + Int64(count) == framing.contentLength, driver)
        case .end: return handed(0, isLast: true, driver)
        case .nothing:
            isUploadPaused = true
            isStarved = true
            return .paused
        case .failed(let underlying): fail(bodyError(underlying))
        case .wrongLength(let total): fail(wrongLength(total, declaredUpload ?? 0))
        }
        return .refused
    }

    private func handed(_ count: Int, isLast: Bool, _ driver: Driver) -> Filling {
        self.count(sent: count, at: driver.now)
        if isLast, !isBodyHandedOver {
            isBodyHandedOver = true
            requestIsSent(driver)
        }
        return .bytes(count)
    }

    /// The fields after the body: the request's, then what the reader found out.
    var requestTrailers: HTTPFields {
        var trailers = exchange.request.trailers
        if let uploadReader { trailers.append(contentsOf: uploadReader.trailers) }
        return trailers
    }
}
