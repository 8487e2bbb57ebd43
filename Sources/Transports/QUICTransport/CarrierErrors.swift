import Driving
import HTTP3Engine
import QUICEngine
import Securing
import TLSEngine
import TransportCore

extension Carrier {
    /// What the end of a stream means for its exchange.
    func error(of exchange: QUICExchange, _ closing: HTTP3Closing) -> TransportError {
        var code: TransportError.Code
        var words = closing.description
        var libraryCode: String? = "HTTP/3 \(closing.code)"
        switch closing.cause {
        case .complete:
            code = .malformedResponse
            words = "the stream ended without a response"
        case .peerReset where closing.wantsOlderVersion:
            code = .olderVersionWanted
            words = "the server asks for the request over HTTP/1.1 (RFC 9114 §8.1)"
        case .localReset, .peerReset: code = closing.code == .requestRejected ? .streamRefused : .streamReset
        case .goAway: code = .goAway
        case .malformed, .tooManyInformational: code = .malformedResponse
        case .headTooLarge: code = .headTooLarge
        case .earlyDataRejected, .connection: (code, words, libraryCode) = connectionError(exchange, closing)
        }
        let isUnprocessed = closing.isUnprocessed || closing.wantsOlderVersion
        return exchange.error(
            code, "\(exchange.summary): \(words)",
            safety: exchange.hasHead ? .processed : isUnprocessed ? .notSent : nil,
            libraryCode: libraryCode)
    }

    private func connectionError(
        _ exchange: QUICExchange, _ closing: HTTP3Closing
    ) -> (TransportError.Code, String, String?) {
        guard let end = http.error?.closing else {
            return (.connectionClosed, http.error?.message ?? closing.description, nil)
        }
        let words = end.description
        let lost: TransportError.Code = exchange.hasHead ? .bodyTruncated : .connectionClosed
        switch end.cause {
        case .peerTransport, .peerApplication:
            return (lost, words, end.code == 0 ? nil : "code 0x" + String(end.code, radix: 16))
        case .idle, .closedByOwner, .handshakeTimeout: return (lost, words, nil)
        case .statelessReset: return (exchange.hasHead ? .bodyTruncated : .connectionReset, words, nil)
        case .refused:
            let code: TransportError.Code = end.afterHandshake ? .connectionReset : .connectionRefused
            return (exchange.hasHead ? .bodyTruncated : code, words, nil)
        case .violation, .applicationViolation:
            return (.protocolViolation, words, "code 0x" + String(end.code, radix: 16))
        case .tls(let error): return (error.transportCode, words, error.libraryCode)
        case .versionNegotiation: return (.protocolRefused, words, nil)
        case .libraryFailure: return (.libraryFailure, words, nil)
        }
    }
}
