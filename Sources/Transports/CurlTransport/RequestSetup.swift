import CCurl
import Driving
import TransportCore

/// The options of an easy handle that an exchange sets, where they differ from those of the exchange before.
struct RequestSetup {
    /// What an easy handle was set to.
    struct Memory {
        var url = ""
        var method: HTTPRequest.Method?
        var shape: Shape?
        var target: String?
        var rates = RateCaps()
        var forbidsReuse = false
        var hasTrailers = false
        var keepsCodings = false
        var ignoresLength = false
    }

    /// How libcurl is told of a body.
    enum Shape: Equatable {
        /// No content.
        case none
        /// A response without content is expected.
        case head
        /// Bytes that libcurl copies and sends together with the head.
        case copied
        /// Bytes that it asks for, as many as are known or until they end.
        case pulled
    }

    /// Bodies up to this many bytes are copied into libcurl, which sends them in one piece with the head; longer ones
    /// are handed over as they are sent: 64 KiB, the size of its upload buffer.
    static let copiedBodyLimit = 64 * 1024

    /// Makes `easy` ready for `exchange`.
    static func apply(_ exchange: ExchangeState, to easy: Easy, urlHost: String?) {
        let request = exchange.exchange.request
        let framing = exchange.framing
        let url = urlHost.map { "\(request.url.scheme)://\($0)\(request.url.target)" } ?? request.url.absoluteString
        if easy.previous.url != url {
            easy.set(CURLOPT_URL, url)
            easy.previous.url = url
        }
        if easy.previous.target != request.targetOverride {
            easy.set(CURLOPT_REQUEST_TARGET, request.targetOverride)
            easy.previous.target = request.targetOverride
        }
        let shape = shape(of: exchange)
        if easy.previous.shape != shape || easy.previous.method != request.method {
            apply(shape, request.method, to: easy)
            easy.previous.shape = shape
            easy.previous.method = request.method
        }
        switch shape {
        case .none, .head: break
        case .copied:
            if case .bytes(let bytes) = request.body { easy.set(copiedBody: bytes) } else { easy.set(copiedBody: []) }
        case .pulled: easy.set(CURLOPT_INFILESIZE_LARGE, offset: framing.contentLength ?? -1)
        }
        applyRareOptions(exchange, to: easy)
        applyHeaders(exchange, to: easy, shape, replacesHost: urlHost != nil)
    }

    private static func shape(of exchange: ExchangeState) -> Shape {
        let request = exchange.exchange.request
        guard exchange.framing.hasContent else {
            if request.method == .head { return .head }
            return exchange.framing.contentLength == nil ? .none : .copied
        }
        if case .bytes(let bytes) = request.body, bytes.count <= copiedBodyLimit, !request.hasTrailers,
            exchange.exchange.options.expectContinue == nil
        {
            return .copied
        }
        return .pulled
    }

    private static func apply(_ shape: Shape, _ method: HTTPRequest.Method, to easy: Easy) {
        // Each of these sets the method anew, so the order matters; the custom method overrides them all.
        switch shape {
        case .none: easy.set(CURLOPT_HTTPGET, true)
        case .head: easy.set(CURLOPT_NOBODY, true)
        case .copied:
            easy.set(CURLOPT_HTTPGET, true)
            easy.set(CURLOPT_POST, true)
        case .pulled:
            easy.set(CURLOPT_HTTPGET, true)
            easy.set(CURLOPT_UPLOAD, true)
        }
        let isImplied =
            switch shape {
            case .none: method == .get
            case .head: true
            case .copied: method == .post
            case .pulled: method == .put
            }
        easy.set(CURLOPT_CUSTOMREQUEST, isImplied ? nil : method.rawValue)
    }

    private static func applyRareOptions(_ exchange: ExchangeState, to easy: Easy) {
        let options = exchange.exchange.options
        let rates = options.rates
        if easy.previous.rates != rates {
            easy.set(CURLOPT_MAX_SEND_SPEED_LARGE, offset: rates.send.map { max(1, $0) } ?? 0)
            easy.set(CURLOPT_MAX_RECV_SPEED_LARGE, offset: rates.receive.map { max(1, $0) } ?? 0)
            easy.previous.rates = rates
        }
        let closes = exchange.framing.closesConnection
        if easy.previous.forbidsReuse != closes {
            easy.set(CURLOPT_FORBID_REUSE, closes)
            easy.previous.forbidsReuse = closes
        }
        if easy.previous.keepsCodings != options.keepsTransferCodings {
            easy.set(CURLOPT_HTTP_TRANSFER_DECODING, !options.keepsTransferCodings)
            easy.previous.keepsCodings = options.keepsTransferCodings
        }
        let hasTrailers = exchange.exchange.request.hasTrailers
        if easy.previous.hasTrailers != hasTrailers {
            easy.setTrailerFunction(hasTrailers)
            easy.previous.hasTrailers = hasTrailers
        }
    }

    private static func applyHeaders(_ exchange: ExchangeState, to easy: Easy, _ shape: Shape, replacesHost: Bool) {
        let headers = easy.headers
        let framing = exchange.framing
        headers.clear()
        var hasAccept = false
        var ownAccept: HTTPField?
        var hasContentType = false
        var hasUserAgent = false
        for field in framing.fields {
            var isPlain = false
            // Lengths first: most names differ in it, and need no comparison.
            switch field.name.canonicalName.utf8.count {
            case 2 where field.name == .te: exchange.wantsTrailers = true
            case 6 where field.name == .accept:
                if !hasAccept, field.value == "*/*", field.name.rawName == "Accept" {
                    // libcurl sends it by itself, if there is no other.
                    hasAccept = true
                    ownAccept = field
                    continue
                }
                if let ownAccept { headers.add(ownAccept, isPlain: false) }
                (hasAccept, ownAccept) = (true, nil)
            // Decided by the exchange's options alone.
            case 6 where field.name == .expect: continue
            case 10 where field.name == .userAgent:
                hasUserAgent = true
                isPlain = exchange.exchange.route.proxy == nil
            case 12 where field.name == .contentType: hasContentType = true
            // libcurl adds none of these by itself, as no option asks for it.
            case 6 where field.name == .cookie: isPlain = true
            case 13 where field.name == .authorization: isPlain = true
            case 15 where field.name == .acceptEncoding || field.name == .acceptLanguage: isPlain = true
            default: break
            }
            headers.add(field, isPlain: isPlain)
        }
        if !hasAccept { headers.add(line: "Accept:") }
        if !hasUserAgent, exchange.exchange.route.proxy != nil { headers.add(line: "User-Agent:") }
        if exchange.asksToContinue {
            // In one line with another field, so that libcurl does not see it: it would hide the body of a 417, and
            // send the request again without Expect. We wait ourselves.
            headers.add("Host", framing.authority + "\r\nExpect: 100-continue")
        } else if replacesHost || framing.fields.count != exchange.exchange.request.fields.count {
            // Where the caller gave a Host, the framing has taken it out of the fields.
            headers.add("Host", framing.authority)
        }
        if framing.closesConnection { headers.add(line: "Connection: close") }
        if shape == .copied || shape == .pulled {
            if !hasContentType { headers.add(line: "Content-Type:") }
            headers.add(line: "Expect:")
        }
        easy.applyHeaders()
    }
}
