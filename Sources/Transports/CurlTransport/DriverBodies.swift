import IOLoop
import Synchronization
import TransportCore

/// How responses and bodies get from the loop to the tasks that wait for them, and bodies of requests on.
extension Driver {
    /// Something of a response is ready for whoever waits for it.
    func announce(_ exchange: ExchangeState) {
        guard !exchange.isAnnounced else { return }
        exchange.isAnnounced = true
        announced.append(exchange)
        markTurn()
    }

    func deliver(_ exchange: ExchangeState) {
        exchange.isAnnounced = false
        guard exchange.step != .done else { return }
        if let waiter = exchange.waiter {
            exchange.waiter = nil
            let channel = BodyChannel(endpoint: exchange.exchange.route.origin.description) {
                [weak exchange, inbox] _ in
                guard let exchange, exchange.wantsDrain.exchange(false, ordering: .sequentiallyConsistent) else {
                    return
                }
                inbox.push(.drained(exchange))
            } onCancel: { [weak exchange, inbox] in
                if let exchange { inbox.push(.cancel(exchange)) }
            }
            exchange.channel = channel
            let body = ResponseBody(LiveSource(channel, keeping: exchange.keeper))
            ready.append((waiter, exchange.response(body)))
        }
        flush(exchange)
    }

    func flush(_ exchange: ExchangeState) {
        guard let channel = exchange.channel, !exchange.bytes.isEmpty else { return }
        channel.append(exchange.takeBytes())
    }

    func drained(_ exchange: ExchangeState) {
        guard exchange.isPaused, exchange.step != .done, let easy = exchange.easy else { return }
        let limit = exchange.exchange.options.limits.unreadBody
        guard exchange.waitingBytes <= limit / 2 else {
            exchange.wantsDrain.store(true, ordering: .sequentiallyConsistent)
            if exchange.waitingBytes <= limit / 2 { resumeLater(exchange) }
            return
        }
        exchange.isPaused = false
        exchange.since = now
        if exchange.isUploadPaused { exchange.isUploadPaused = false }
        easy.pause(receiving: false)
        exchange.route?.touch()
    }

    /// There is something to send again.
    func resumeUpload(_ exchange: ExchangeState) {
        guard exchange.isUploadPaused, let easy = exchange.easy else { return }
        exchange.isUploadPaused = false
        if exchange.step == .sending { exchange.enter(.sending) }
        easy.pause(receiving: exchange.isPaused)
        exchange.route?.touch()
    }

    /// The reader may already have taken what stood in the way.
    func resumeLater(_ exchange: ExchangeState) {
        resumptions.append(exchange)
        markTurn()
    }

    /// The response is complete while the request is still going out.
    func endEarly(_ exchange: ExchangeState) {
        endings.append(exchange)
        markTurn()
    }

    /// Runs `action` when libcurl is not in the middle of something.
    func later(_ action: @escaping () -> Void) {
        postponed.append(action)
        markTurn()
    }
}
