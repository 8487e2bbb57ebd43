import Driving
import Glibc
import HTTP3Engine
import IOLoop
import QUICEngine
import Threads
import TransportCore

/// What becomes of a connection when its way fails, falls silent or gives way to a better one (RFC 9000 §9).
extension Link {
    /// How long the peer may owe an answer before another way to it is tried: 2 s, which is some lost datagrams in a
    /// row and less than any timeout.
    private static let silence = Duration.seconds(2)
    /// Between two changes of the way.
    private static let pause = Duration.seconds(1)
    /// Changes of the way without a word from the peer.
    private static let most = 3
    /// Refusals without a word from the peer before it counts as gone: one may be a router's mistake.
    private static let refusalsAllowed = 3

    /// The system answered what was sent, or could not send.
    func fault(_ code: Int32, on way: Way) {
        switch code {
        case ECONNREFUSED:
            refusals += 1
            let isYoung = http.quic.handshake == nil
            guard isYoung || refusals >= Link.refusalsAllowed else { return }
            if isYoung { failure = Way.failure(remote, code) }
            http.quic.abandon(
                QUICClosing(.refused, reason: "nobody listens at \(remote)", afterHandshake: !isYoung))
        case ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL, ENETDOWN, ENODEV, EPERM, EACCES:
            if http.quic.handshake == nil {
                failure = Way.failure(remote, code)
                http.quic.abandon(
                    QUICClosing(.refused, reason: "\(remote): \(errorText(code))", afterHandshake: false))
            } else {
                // What was sent is lost; another way may be there.
                move()
            }
        // Anything else is a datagram that was lost.
        default: break
        }
    }

    /// When the connection is given up unless something comes; nil if nothing is owed.
    var answerDue: Instant? {
        guard let limit = driver.configuration.answerTimeout, http.quic.isConfirmed,
            let since = http.quic.waitingSince
        else { return nil }
        return since.advanced(by: limit)
    }

    /// Changes the way if the peer has owed an answer for too long.
    func lookWhetherSilent() {
        if let limit = answerDue, limit <= driver.now {
            return http.quic.abandon(
                QUICClosing(.idle, reason: "no answer came in time, over any way", afterHandshake: true))
        }
        guard let since = http.quic.waitingSince, since.advanced(by: Link.silence) <= driver.now else { return }
        user?.linkIsSilent()
        move()
    }

    /// The machine's addresses have changed: if the system would now choose another one, the connection moves there.
    func addressesChanged() {
        guard !isOver, http.quic.isConfirmed, let current = ways.last,
            let found = try? Way.open(to: remote, setup.connect), found.path.local.ip != current.path.local.ip
        else { return }
        moves = 0
        move(to: found)
    }

    private func move() {
        if http.quic.lastHeard > movedAt { moves = 0 }
        guard driver.configuration.migrates, http.quic.isConfirmed, moves < Link.most,
            movedAt.nanoseconds == .min || movedAt.advanced(by: Link.pause) <= driver.now,
            let found = try? Way.open(to: remote, setup.connect)
        else { return }
        move(to: found)
    }

    /// Goes on over `way`: by migration where the peer allows that, and else as a router would do it that has
    /// forgotten us.
    private func move(to way: Way) {
        movedAt = driver.now
        moves += 1
        let isSameAddress = way.path.local.ip == ways.last?.path.local.ip
        do throws(QUICError) {
            try http.quic.migrate(to: way.path.local, at: driver.now)
        } catch {
            // A peer that forbids migration is not to be asked from another address (RFC 9000 §18.2), unless the old
            // one is gone.
            guard isSameAddress || error.code == .migrationRefused else { return }
            http.quic.rebind(to: way.path.local)
        }
        guard (try? watch(way, .read)) != nil else { return }
        add(way)
        driver.touch(self)
    }
}
