internal import DequeModule
package import Wire

/// What a server does for addresses that were not validated (RFC 9000 §8.1).
package enum QUICRetryPolicy: Sendable { case never, always }

/// Settings of a listener.
package struct QUICListenerOptions: Sendable {
    /// Whether each client has to prove its address with Retry first. A token of NEW_TOKEN spares it.
    package var retry = QUICRetryPolicy.never
    /// Whether clients are given a token for later connections.
    package var sendsNewTokens = true
    /// Tickets that a client is given after the handshake: 1.
    package var tickets = 1
    /// Whether early data is taken; a first flight that is replayed is refused (RFC 8446 §8.2).
    package var takesEarlyData = false
    /// Whether packets of unknown connections are answered with a stateless reset (RFC 9000 §10.3).
    package var sendsStatelessResets = true
    /// Versions that are told of where a client's is not known; only those that the library speaks are taken.
    package var versions: [QUICVersion] = [.v1]
    /// Connections at once: 10,000. Beyond it clients are refused.
    package var connections = 10_000
    /// Of each connection.
    package var connection: QUICOptions

    package init() {
        connection = QUICOptions()
        connection.peerStreams = 100
    }
}

/// The server's side of a UDP socket: it finds the connection of each datagram, takes on new ones, and answers what
/// belongs to none. Not safe for use by two threads at once, its connections included.
package final class QUICListener {
    package let context: QUICContext
    package let options: QUICListenerOptions
    let secret: [UInt8]
    let routes = QUICRoutes()
    private var connections: [UInt64: QUICConnection] = [:]
    private var lastNumber: UInt64 = 0
    private var answers = Deque<(bytes: [UInt8], path: QUICPath)>()
    /// Answers that wait; what comes beyond is not answered, and asks again.
    private static let answerLimit = 1_024

    /// A listener whose tokens and resets depend on `secret`, 32 bytes; random if nil. Two listeners with the same
    /// secret honour each other's tokens. Throws `badSettings`.
    package init(
        _ context: QUICContext, options: QUICListenerOptions = QUICListenerOptions(), secret: [UInt8]? = nil
    ) throws(QUICError) {
        guard context.role == .server else { throw QUICError(.badSettings, "a listener needs a server's context") }
        guard let secret = secret ?? QUICPacket.random(32), secret.count == 32 else {
            throw QUICError(.badSettings, "a listener needs a secret of 32 bytes")
        }
        self.context = context
        self.options = options
        self.secret = secret
    }

    /// Where a datagram belongs.
    package enum Verdict {
        /// To this connection: feed it.
        case connection(QUICConnection)
        /// To this new one: attach HTTP/3, then feed it.
        case accepted(QUICConnection)
        /// To none; there may be an answer in ``QUICListener/nextOutput(into:)``.
        case settled
    }

    /// Looks where a datagram belongs. All datagrams that `UDP_GRO` merged belong to the same.
    package func route(_ datagram: Span<UInt8>, path: QUICPath, at now: Instant) -> Verdict {
        guard let head = QUICPacket.head(datagram) else { return .settled }
        if let number = routes.number(of: head.dcid), let connection = connections[number] {
            return .connection(connection)
        }
        guard head.isKnownVersion else {
            // RFC 9000 §5.2.2: only what could begin a connection is answered.
            if datagram.count >= 1_200 { answer(QUICPacket.versions(options.versions, answering: head), path) }
            return .settled
        }
        guard head.isLong else {
            if options.sendsStatelessResets {
                answer(QUICPacket.reset(head.dcid, secret: secret, answering: datagram.count), path)
            }
            return .settled
        }
        guard datagram.count >= 1_200, let initial = QUICInitial(datagram) else { return .settled }
        guard options.versions.contains(initial.version) else {
            answer(QUICPacket.versions(options.versions, answering: head), path)
            return .settled
        }
        return accept(initial, path, at: now)
    }

    private func accept(_ initial: QUICInitial, _ path: QUICPath, at now: Instant) -> Verdict {
        var initial = initial
        let isProven = initial.isProven(path.remote, secret: secret, at: now)
        if options.retry == .always, !isProven {
            answer(initial.retry(path.remote, secret: secret, at: now), path)
            return .settled
        }
        guard connections.count < options.connections else {
            answer(initial.refusal(), path)
            return .settled
        }
        lastNumber += 1
        do throws(QUICError) {
            let connection = try QUICConnection(self, initial, path, number: lastNumber, at: now)
            connections[lastNumber] = connection
            return .accepted(connection)
        } catch {
            routes.forget(lastNumber)
            return .settled
        }
    }

    private func answer(_ bytes: [UInt8], _ path: QUICPath) {
        guard !bytes.isEmpty, answers.count < Self.answerLimit else { return }
        answers.append((bytes, path))
    }

    /// The next answer that belongs to no connection: Version Negotiation, Retry, stateless reset. As
    /// ``QUICConnection/nextOutput(into:at:)``.
    package func nextOutput(into buffer: inout [UInt8]) -> QUICBatch? {
        guard let (bytes, path) = answers.popFirst() else { return nil }
        if buffer.count < 1 << 16 { buffer.append(contentsOf: repeatElement(0, count: 1 << 16 - buffer.count)) }
        buffer.replaceSubrange(0..<bytes.count, with: bytes)
        return QUICBatch(count: bytes.count, segment: bytes.count, ecn: .none, path: path)
    }

    /// Forgets a connection that is over, or that is to vanish: its packets belong to none from now on.
    package func forget(_ connection: QUICConnection) {
        guard connections[connection.number] === connection else { return }
        connections[connection.number] = nil
        routes.forget(connection.number)
    }

    /// Connections that are known.
    package var count: Int { connections.count }
}
