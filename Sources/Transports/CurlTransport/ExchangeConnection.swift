import CCurl
import Driving
import TransportCore

/// How an exchange comes by its connection. Called by libcurl.
extension ExchangeState {
    /// A socket was made and will be connected: the addresses are known.
    func socketOpened(_ descriptor: Int32) {
        guard let route else { return }
        route.socketOpens(descriptor)
        guard step == .queued else { return }
        if exchange.onEvent != nil, exchange.route.connect.unixSocket == nil { tell(.resolved(route.addresses)) }
        enter(.connecting)
    }

    /// The peer is reached, and a handshake begins: with an HTTPS proxy, once more with the origin.
    func tlsStarts(_ context: TLSContext) {
        guard let route else { return }
        route.prepare(context)
        if step == .queued || step == .connecting { tell(.connected) }
        enter(.securing)
    }

    /// A connection is there and the request would go out. `false` forbids it.
    func connectionReady(_ easy: Easy, localPort: Int, ends: () -> ConnectionEnds) -> Bool {
        guard let route, failure == nil else { return false }
        timesReady += 1
        // libcurl would send a second time what it has sent on a connection that turned out to be dead; with 417 it
        // would do so without Expect. Neither is for a transport to decide.
        guard timesReady == 1 else { return false }
        let record = route.connection(easy, localPort: localPort, ends)
        isReused = record.uses > 0
        record.uses += 1
        connection = record
        info = record.info
        if let refusal = record.refusal {
            timesReady = 0
            fail(error(refusal.code, refusal.message, phase: .tls, safety: .notSent))
            return false
        }
        if !isReused {
            if step == .securing { tell(.tlsDone) } else if step == .connecting { tell(.connected) }
        }
        tell(.ready(record.info, reused: isReused))
        // On HTTP/2 libcurl leaves once it has Content-Length bytes, and misses the trailers behind them. To wait for
        // the end of the stream takes a third more time, so it is done for who says TE: trailers (RFC 9110 §10.1.4).
        // nghttp2 compares the length with what comes (RFC 9113 §8.1.1).
        let ignoresLength = wantsTrailers && record.info.version == .http2
        if easy.previous.ignoresLength != ignoresLength {
            easy.set(CURLOPT_IGNORE_CONTENT_LENGTH, ignoresLength)
            easy.previous.ignoresLength = ignoresLength
        }
        if case .none = upload {
            enter(.waiting)
            tell(.requestSent)
        } else {
            enter(.sending)
            if asksToContinue, let wait = exchange.options.expectContinue {
                let due = since.advanced(by: wait)
                holdsBodyUntil = due
                route.driver.look(at: due)
            }
        }
        return true
    }
}
