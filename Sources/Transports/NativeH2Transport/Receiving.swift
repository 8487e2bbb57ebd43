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
    func receiveHead(_ status: Int, _ reason: String, _ fields: HTTPFields, at now: Instant) {
        self.status = status
        self.reason = reason
        self.fields = fields
        step = .receiving
        since = now
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
        driver.announce(self)
        return true
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
