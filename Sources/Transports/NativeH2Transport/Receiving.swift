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
        pieces.append(bytes)
        guard isLive else { return false }
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

    /// All bytes that have come, as one array, and forgets them.
    func takeBytes() -> [UInt8] {
        guard pieces.count != 1 else {
            defer { pieces = [] }
            return pieces[0]
        }
        guard !pieces.isEmpty else { return [] }
        var all: [UInt8] = []
        all.reserveCapacity(pieces.reduce(0) { $0 + $1.count })
        for piece in pieces { all.append(contentsOf: piece) }
        pieces = []
        return all
    }

    /// Gives what has come to the reader.
    func flushPieces() {
        guard let channel, !pieces.isEmpty else { return }
        let ready = pieces
        pieces = []
        for piece in ready { channel.append(piece) }
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
