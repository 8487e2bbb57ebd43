import Connecting
import Driving
import HTTP1Engine
import TransportCore

/// The words with a proxy before it opens the way: CONNECT or SOCKS. Takes bytes and gives bytes.
struct Tunnel {
    private enum Talk {
        case http(HTTP1Client)
        case socks(SOCKSClient)
    }
    private var talk: Talk
    private let proxy: ProxyOptions
    private let target: String

    /// Bytes behind the proxy's answer.
    private(set) var leftover: [UInt8] = []
    /// How it ended; nil while it has not.
    private(set) var outcome: Result<Void, OpeningFailure>?

    /// Begins to ask `proxy` for a way to `host`; for SOCKS 4 and 5, to `address`.
    init(_ proxy: ProxyOptions, host: String, port: Int, address: IPAddress?) throws(OpeningFailure) {
        self.proxy = proxy
        target = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
        let literal = address ?? IPAddress(host)
        let place = literal.map(SOCKSTarget.Host.address) ?? .name(host)
        do {
            switch proxy.kind {
            case .http, .https:
                var client = HTTP1Client()
                try client.send(Tunnel.connect(target, proxy))
                talk = .http(client)
            case .socks4, .socks4a:
                let version: SOCKSTarget.Version = literal == nil ? .v4a : .v4
                talk = .socks(
                    try SOCKSClient(
                        SOCKSTarget(version: version, host: place, port: port, credentials: proxy.credentials)))
            case .socks5, .socks5h:
                talk = .socks(
                    try SOCKSClient(SOCKSTarget(version: .v5, host: place, port: port, credentials: proxy.credentials)))
            }
        } catch let error as SOCKSError {
            throw OpeningFailure(.proxyFailed, .connect, "\(proxy) cannot be asked for \(target): \(error.message)")
        } catch {
            throw OpeningFailure(.badRequest, .connect, "\(proxy) cannot be asked for \(target): \(error)")
        }
    }

    private static func connect(_ target: String, _ proxy: ProxyOptions) -> RequestHead {
        var fields = HTTPFields()
        fields.append(HTTPField(name: .hostField, value: target))
        fields.append(contentsOf: proxy.requestFields)
        return RequestHead(method: .connect, target: target, fields: fields)
    }

    /// Moves what is to be sent to the end of `buffer`.
    mutating func nextOutput(into buffer: inout [UInt8]) {
        switch talk {
        case .http(var client):
            _ = client.nextOutput(into: &buffer)
            talk = .http(client)
        case .socks(var client):
            client.nextOutput(into: &buffer)
            talk = .socks(client)
        }
    }

    mutating func receive(_ bytes: Span<UInt8>, at now: Instant) {
        switch talk {
        case .http(var client):
            client.receive(bytes, at: now)
            while let event = client.nextEvent() { take(event) }
            talk = .http(client)
        case .socks(var client):
            let count = client.receive(bytes)
            if count < bytes.count { leftover.append(bytes.extracting(count..<bytes.count)) }
            take(client.outcome)
            talk = .socks(client)
        }
    }

    mutating func receiveEnd() {
        guard outcome == nil else { return }
        fail(.proxyFailed, "\(proxy) closed the connection before it had answered for \(target)")
    }

    private mutating func take(_ result: Result<Void, SOCKSError>?) {
        switch result {
        case .success: outcome = .success(())
        case .failure(let error):
            let isRefusal = error.code == .refused || error.code == .notAuthorized
            fail(isRefusal ? .proxyRefused : .proxyFailed, "asking \(proxy) for \(target): \(error.message)")
        case nil: break
        }
    }

    private mutating func take(_ event: HTTP1Event) {
        switch event {
        case .switched: outcome = .success(())
        case .body(let bytes): if case .success = outcome { leftover += bytes }
        case .response(let head):
            // A refusal's body is of no use: its fields tell what the proxy wants (RFC 9110 §11.7).
            let answer = TransportError.ProxyAnswer(
                status: HTTPResponse.Status(code: head.status, reasonPhrase: head.reason), fields: head.fields)
            let message = "\(proxy) answered CONNECT \(target) with \(head.status)"
            outcome = .failure(OpeningFailure(.proxyRefused, .connect, message, proxyAnswer: answer))
        case .failed(let error): fail(.proxyFailed, "the answer of \(proxy) to CONNECT \(target): \(error.message)")
        case .closed: receiveEnd()
        case .informational, .end, .request: break
        }
    }

    private mutating func fail(_ code: TransportError.Code, _ message: String) {
        if outcome == nil { outcome = .failure(OpeningFailure(code, .connect, message)) }
    }
}

extension ProxyOptions {
    /// Fields for the proxy alone: its credentials (RFC 7617), then what the caller gave.
    var requestFields: HTTPFields {
        var fields = HTTPFields()
        if let credentials, self.fields[.proxyAuthorization] == nil {
            let pair = Array("\(credentials.user):\(credentials.password)".utf8)
            fields.append(HTTPField(name: .proxyAuthorization, value: "Basic " + Base64.encode(pair)))
        }
        fields.append(contentsOf: self.fields)
        return fields
    }

    /// Whether an exchange with `scheme` goes through a tunnel, and is not handed to the proxy as such.
    func tunnels(_ scheme: Scheme, overHTTP2: Bool) -> Bool {
        switch kind {
        case .http, .https: scheme == .https || tunnelsClearText || overHTTP2
        case .socks4, .socks4a, .socks5, .socks5h: true
        }
    }
}

/// RFC 4648 §4.
enum Base64 {
    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        var index = 0
        while index < bytes.count {
            let piece = bytes[index..<min(index + 3, bytes.count)]
            let word = piece.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - piece.count))
            for place in 0..<4 {
                let letter = letters[Int(word >> UInt32(18 - 6 * place)) & 63]
                text.append(place <= piece.count ? letter : UInt8(ascii: "="))
            }
            index += 3
        }
        return String(decoding: text, as: UTF8.self)
    }
}
