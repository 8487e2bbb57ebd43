import CCurl
import Driving
import Glibc
import HTTP1Engine
import TransportCore

/// How libcurl ended a transfer: its code, its words, and the system's error, read before the handle goes back.
struct CurlOutcome {
    let code: CURLcode
    private let words: String
    private let systemError: Int32

    init(_ code: CURLcode, _ easy: Easy) {
        self.code = code
        words = code == CURLE_OK ? "" : easy.errorText
        systemError = code == CURLE_OK ? 0 : Int32(truncatingIfNeeded: easy.info(CURLINFO_OS_ERRNO))
    }

    /// The error of `exchange`, or `nil` if it ended well.
    func error(for exchange: ExchangeState) -> TransportError? {
        if let failure = exchange.failure { return failure }
        guard code != CURLE_OK else {
            guard exchange.head == nil else { return nil }
            return exchange.error(
                .connectionClosed, "\(exchange.summary): the connection ended before the response's head did",
                phase: .head)
        }
        if code == CURLE_ABORTED_BY_CALLBACK, exchange.timesReady > 1 { return afterSecondAttempt(exchange) }
        if let answer = exchange.proxyHead, exchange.timesReady == 0, !(200..<300).contains(answer.status) {
            return proxyRefused(exchange, answer.status, answer.fields)
        }
        let row = ErrorTable.row(code)
        // On HTTP/2, libcurl calls a connection that ends before the head a partial body, too.
        let phase = row.phase == .body && exchange.head == nil ? exchange.phase : row.phase ?? exchange.phase
        let (refined, safety) = refine(row.code, phase, exchange)
        var words = words.isEmpty ? CurlLibrary.text(code) : words
        // libcurl does not say why it could not connect: refused, no route, no network.
        if code == CURLE_COULDNT_CONNECT, systemError != 0 { words += ": \(CurlLibrary.systemText(systemError))" }
        return exchange.error(
            refined, "\(exchange.summary): \(CurlOutcome.attempt(phase)) failed: \(words)", phase: phase,
            safety: safety,
            libraryCode: "\(row.name) (\(code.rawValue))")
    }

    /// libcurl was about to send the request a second time, and was kept from it.
    private func afterSecondAttempt(_ exchange: ExchangeState) -> TransportError? {
        // The answer 417 to Expect was complete by then, and is the response (RFC 9110 §10.1.1).
        if exchange.head != nil { return nil }
        return exchange.error(
            .connectionClosed,
            "\(exchange.summary): the connection ended before any response, and libcurl would have "
                + "sent the request again", phase: .head, safety: .maybeProcessed,
            libraryCode: "CURLOPT_PREREQFUNCTION called again")
    }

    private func proxyRefused(_ exchange: ExchangeState, _ status: Int, _ fields: HTTPFields) -> TransportError {
        let proxy = exchange.exchange.route.proxy.map { "\($0)" } ?? "the proxy"
        return exchange.error(
            .proxyRefused, "\(proxy) answered CONNECT \(exchange.exchange.route.origin) with \(status)",
            phase: .connect, safety: .notSent, proxyAnswer: .init(status: .init(code: status), fields: fields),
            libraryCode: "\(ErrorTable.row(code).name) (\(code.rawValue))")
    }

    /// What libcurl's code leaves open, and the words or the system's error tell.
    private func refine(
        _ code: TransportError.Code, _ phase: TransportError.Phase, _ exchange: ExchangeState
    ) -> (TransportError.Code, RetrySafety?) {
        let isBeforeSending = exchange.timesReady == 0
        switch self.code {
        case CURLE_COULDNT_CONNECT:
            if systemError == ECONNREFUSED { return (.connectionRefused, .notSent) }
            return (code, .notSent)
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING, CURLE_HTTP2, CURLE_HTTP2_STREAM:
            if isBeforeSending {
                if exchange.exchange.route.proxy != nil, exchange.step == .connecting {
                    return (.proxyFailed, .notSent)
                }
                return (exchange.step == .securing ? .tlsFailed : .connectFailed, .notSent)
            }
            // OpenSSL's words for a peer that closes without close_notify (RFC 8446 §6.1).
            if words.contains("unexpected eof") {
                return (exchange.head == nil ? .connectionClosed : .bodyTruncated, nil)
            }
            if words.contains("chunk") { return (.malformedResponse, nil) }
            if words.contains("alert certificate required") || words.contains("alert bad certificate") {
                return (.clientCertificateInvalid, nil)
            }
            if systemError == ECONNRESET || systemError == EPIPE { return (.connectionReset, nil) }
            return (code, nil)
        case CURLE_PARTIAL_FILE where exchange.head == nil: return (.connectionClosed, nil)
        case CURLE_PROXY where words.contains("rejected") || words.contains("authent"):
            return (.proxyRefused, .notSent)
        default: return (code, isBeforeSending ? .notSent : nil)
        }
    }

    private static func attempt(_ phase: TransportError.Phase) -> String {
        switch phase {
        case .input: "reading the URL"
        case .queue: "waiting for a connection"
        case .resolve: "finding the host"
        case .connect: "connecting"
        case .tls: "the TLS handshake"
        case .send: "sending the request"
        case .head: "waiting for the response"
        case .body: "reading the response"
        }
    }
}
