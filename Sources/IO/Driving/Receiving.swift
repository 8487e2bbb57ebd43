import Synchronization
package import TransportCore

/// What comes back to an exchange, whichever protocol carries it.
extension OngoingExchange {
    /// Takes a 1xx response. False: there are too many.
    package final func receiveInformational(
        _ status: Int, _ reason: String, _ fields: HTTPFields, at now: Instant
    ) -> Bool {
        informationals += 1
        guard informationals <= exchange.options.limits.informational else { return false }
        tell(
            .informational(
                HTTPResponse(status: HTTPResponse.Status(code: status, reasonPhrase: reason), headerFields: fields)),
            at: now)
        if step == .waiting { since = now }
        if status == 100 { holdsBodyUntil = nil }
        return true
    }

    /// Takes the final head.
    package final func receiveHead(_ status: Int, _ reason: String, _ fields: HTTPFields, _ driver: ExchangeDriver) {
        self.status = status
        self.reason = reason
        self.fields = fields
        enter(.receiving, driver)
        if exchange.onEvent != nil {
            declaredLength = fields[.contentLength].flatMap { Int64($0) }
            let code = HTTPResponse.Status(code: status, reasonPhrase: reason)
            tell(.head(HTTPResponse(status: code, headerFields: fields)), at: driver.now)
        }
    }

    /// Takes a piece of the body. Returns true if it goes to a reader who will say when it is read; false if it is
    /// kept for a buffered response, and counts as read.
    package final func receiveBody(_ bytes: [UInt8], _ driver: ExchangeDriver) -> Bool {
        if let throttle, throttle.limitsReceiving {
            since = driver.now
            throttle.hold(bytes)
            releaseBody(driver)
            return true
        }
        return pass(bytes, driver)
    }

    /// Takes a piece of the body that nothing holds back.
    final func pass(_ bytes: [UInt8], _ driver: ExchangeDriver) -> Bool {
        count(received: bytes.count, driver)
        guard isLive else {
            if body.isEmpty { body = bytes } else { body.append(contentsOf: bytes) }
            return false
        }
        pieces.append(bytes)
        piecesSize += bytes.count
        driver.announce(self)
        return true
    }

    /// As ``receiveBody(_:_:)-([UInt8],_)``, for bytes that the caller keeps: they are put together until the reader is
    /// given them.
    package final func receiveBody(_ bytes: Span<UInt8>, _ driver: ExchangeDriver) {
        count(received: bytes.count, driver)
        unsafe bytes.withUnsafeBufferPointer { unsafe body.append(contentsOf: $0) }
        if isLive { driver.announce(self) }
    }

    private func count(received count: Int, _ driver: ExchangeDriver) {
        since = driver.now
        received += Int64(count)
        if exchange.onEvent != nil {
            tell(.downloadProgress(received: received, total: declaredLength), at: driver.now)
        }
    }

    /// Whether the reader of a large body is given what has come a turn later, together with more: each time it is
    /// given something a thread wakes. More must have come in this turn, and the next turn does not wait for it: so
    /// nothing is held up while nothing comes.
    final func gathersMore() -> Bool {
        let size = piecesSize + body.count
        guard channel != nil, step != .done, size > gathered, size >= OngoingExchange.worthGathering,
            size < OngoingExchange.gatheredAtMost
        else {
            gathered = 0
            return false
        }
        gathered = size
        return true
    }

    /// Less is no large body, and is given at once: 8 KiB.
    private static var worthGathering: Int { 8 << 10 }
    /// Then the reader gets to work: 128 KiB.
    private static var gatheredAtMost: Int { 128 << 10 }

    /// Bytes that came and were not read.
    package final var waitingBytes: Int {
        piecesSize + (isLive ? body.count : 0) + (channel?.unread ?? 0) + (throttle?.held ?? 0)
    }

    /// Whether the head of a prompt response, or a body beyond the cap, goes to the waiter before the end.
    package final var isLive: Bool {
        switch exchange.delivery {
        case .prompt: true
        case .whole(let cap): received > cap
        }
    }

    /// The buffered body, and forgets it. What a live body holds yet is behind it.
    final func takeBytes() -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &body)
        for piece in pieces { if taken.isEmpty { taken = piece } else { taken.append(contentsOf: piece) } }
        pieces = []
        return taken
    }

    /// Gives what has come to the reader.
    final func flushPieces() {
        guard let channel, !pieces.isEmpty || !body.isEmpty else { return }
        if !body.isEmpty {
            channel.append(body)
            body = []
        }
        channel.append(pieces: pieces)
        piecesSize = 0
        pieces.removeAll(keepingCapacity: true)
    }

    /// Bytes that the reader takes before the loop is told: as many as leave the peer room to send meanwhile.
    package final var reportedStep: Int { min(64 << 10, max(1, exchange.options.limits.unreadBody / 4)) }

    final func makeChannel(_ driver: ExchangeDriver) -> BodyChannel {
        let keeper = keeper
        return BodyChannel(endpoint: exchange.route.origin.description) { [self] count in
            readerTook(count, from: driver)
        } onCancel: { [self] in
            withExtendedLifetime(keeper) { _ = driver.push(.cancel(self)) }
        }
    }
}
