import Synchronization
import TransportCore

/// What comes back to an exchange, whichever protocol carries it.
extension NativeExchange {
    /// Takes a 1xx response. False: there are too many.
    func receiveInformational(_ status: Int, _ reason: String, _ fields: HTTPFields, at now: Instant) -> Bool {
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
    func receiveHead(_ status: Int, _ reason: String, _ fields: HTTPFields, _ driver: Driver) {
        let now = driver.now
        self.status = status
        self.reason = reason
        self.fields = fields
        step = .receiving
        since = now
        driver.look(after: driver.limits(of: self).idleRead)
        if exchange.onEvent != nil {
            declaredLength = fields[.contentLength].flatMap { Int64($0) }
            let code = HTTPResponse.Status(code: status, reasonPhrase: reason)
            tell(.head(HTTPResponse(status: code, headerFields: fields)), at: now)
        }
    }

    /// Takes a piece of the body. Returns true if it goes to a reader who will say when it is read; false if it is
    /// kept for a buffered response, and counts as read.
    func receiveBody(_ bytes: [UInt8], _ driver: Driver) -> Bool {
        since = driver.now
        received += Int64(bytes.count)
        if exchange.onEvent != nil {
            tell(.downloadProgress(received: received, total: declaredLength), at: driver.now)
        }
        guard isLive else {
            if body.isEmpty { body = bytes } else { body.append(contentsOf: bytes) }
            return false
        }
        pieces.append(bytes)
        piecesSize += bytes.count
        driver.announce(self)
        return true
    }

    /// Bytes that came and were not read.
    var waitingBytes: Int { piecesSize + (channel?.unread ?? 0) }

    /// Whether a head exceeds what this exchange allows, where that is less than the connection does.
    func isTooLarge(_ fields: HTTPFields, _ driver: Driver) -> Bool {
        let limits = driver.limits(of: self)
        if fields.count > limits.fields { return true }
        guard limits.head < ExchangeLimits.connectionHead else { return false }
        return fields.reduce(0) { $0 + $1.name.rawName.utf8.count + $1.value.utf8.count + 4 } > limits.head
    }

    /// The error of a head that is too large.
    var headTooLarge: TransportError {
        error(.headTooLarge, "\(summary): the response's head exceeds the limits of the exchange", phase: .head)
    }

    /// Whether the head of a prompt response, or a body beyond the cap, goes to the waiter before the end.
    var isLive: Bool {
        switch exchange.delivery {
        case .prompt: true
        case .whole(let cap): received > cap
        }
    }

    /// The buffered body, and forgets it. What a live body holds yet is behind it.
    func takeBytes() -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &body)
        for piece in pieces { if taken.isEmpty { taken = piece } else { taken.append(contentsOf: piece) } }
        pieces = []
        return taken
    }

    /// Gives what has come to the reader.
    func flushPieces() {
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
    func makeChannel(_ driver: Driver) -> BodyChannel {
        let step = min(64 << 10, max(1, exchange.options.limits.unreadBody / 4))
        let keeper = keeper
        return BodyChannel(endpoint: exchange.route.origin.description) { [self] count in
            let before = unreported.wrappingAdd(count, ordering: .relaxed).oldValue
            if before < step, before + count >= step { driver.push(.drained(self)) }
        } onCancel: { [self] in
            withExtendedLifetime(keeper) { _ = driver.push(.cancel(self)) }
        }
    }
}
