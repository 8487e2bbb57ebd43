import TransportCore

/// What a client says to a proxy until it is led on, and the proxy's answers: HTTP, SOCKS 4 and 5. Bytes in, actions
/// out.
struct ProxyDialogue {
    enum Action {
        case say([UInt8])
        case close
        /// The client wants to be led to a port; `first` is what the server is to be sent first.
        case visit(TestProxy.Visit, port: Int, first: [UInt8])
    }

    /// To be said once the server is reached, or cannot be.
    private(set) var connected: [UInt8] = []
    private(set) var failed: [UInt8] = []

    private var input: [UInt8] = []
    private var hasGreeted = false
    private var isTrusted = false
    private var isOver = false

    /// Bytes of a head: 64 KiB.
    private static let limit = 64 << 10

    mutating func receive(_ bytes: [UInt8], _ configuration: TestProxy.Configuration) -> [Action] {
        guard !isOver else { return [] }
        input += bytes
        guard input.count <= ProxyDialogue.limit, let first = input.first else { return over([.close]) }
        var actions: [Action] = []
        while !isOver {
            let step =
                switch first {
                case 5: socks5(configuration)
                case 4: socks4(configuration)
                default: http(configuration)
                }
            guard let step else { break }
            actions += step
        }
        return actions
    }

    private mutating func over(_ actions: [Action]) -> [Action] {
        isOver = true
        return actions
    }

    // MARK: HTTP (RFC 9110 §9.3.6, RFC 9112 §3.2.2)

    private mutating func http(_ configuration: TestProxy.Configuration) -> [Action]? {
        let mark = Array("\r\n\r\n".utf8)
        guard let end = (0..<max(0, input.count - 3)).first(where: { input[$0..<$0 + 4].elementsEqual(mark) }) else {
            return nil
        }
        let head = String(decoding: input[..<end], as: UTF8.self)
        let rest = Array(input[(end + 4)...])
        var lines = head.split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init)
        let words = lines.removeFirst().split(separator: " ").map(String.init)
        guard words.count == 3 else { return over([.say(ProxyDialogue.status(400)), .close]) }
        let isConnect = words[0] == "CONNECT"
        let target = isConnect ? "http://\(words[1])/" : words[1]
        guard let url = try? HTTPURL(target) else { return over([.say(ProxyDialogue.status(400)), .close]) }
        var visit = TestProxy.Visit(
            kind: words[0], host: url.origin.host, port: url.origin.port, isTLS: false, isServed: false)
        func refuse(_ answer: [UInt8]) -> [Action] { [.visit(visit, port: 0, first: []), .say(answer), .close] }
        if let wanted = configuration.credentials {
            let given = lines.first { $0.lowercased().hasPrefix("proxy-authorization:") }?
                .split(separator: " ").last.map(String.init)
            guard given == ProxyDialogue.basic(wanted) else {
                return over(
                    refuse(ProxyDialogue.status(407, "Proxy-Authenticate: Basic realm=\"tern\"\r\n")))
            }
        }
        if let refusal = configuration.refusal {
            let fields = refusal.fields.map { "\($0.name.rawName): \($0.value)\r\n" }.joined()
            return over(refuse(ProxyDialogue.status(refusal.status.code, fields, refusal.body)))
        }
        visit.isServed = true
        failed = ProxyDialogue.status(502)
        if isConnect {
            connected = Array("HTTP/1.1 200 Connection established\r\n\r\n".utf8)
            return over([.visit(visit, port: visit.port, first: rest)])
        }
        let kept = lines.filter { !$0.lowercased().hasPrefix("proxy-") }
        let path = url.target
        let onward = "\(words[0]) \(path) \(words[2])\r\n" + kept.map { "\($0)\r\n" }.joined() + "\r\n"
        return over([.visit(visit, port: visit.port, first: Array(onward.utf8) + rest)])
    }

    private static func status(_ code: Int, _ fields: String = "", _ body: String = "") -> [UInt8] {
        Array("HTTP/1.1 \(code) Refused\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8)
    }

    private static func basic(_ credentials: Credentials) -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        let bytes = Array("\(credentials.user):\(credentials.password)".utf8)
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let piece = bytes[start..<min(start + 3, bytes.count)]
            var word = piece.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - piece.count))
            var digits: [UInt8] = []
            for index in 0..<4 {
                digits.insert(index < 3 - piece.count ? UInt8(ascii: "=") : letters[word & 63], at: 0)
                word >>= 6
            }
            text += digits
        }
        return String(decoding: text, as: UTF8.self)
    }

    // MARK: SOCKS 5 (RFC 1928, RFC 1929)

    private mutating func socks5(_ configuration: TestProxy.Configuration) -> [Action]? {
        guard hasGreeted else {
            guard input.count >= 2, input.count >= 2 + Int(input[1]) else { return nil }
            let methods = input[2..<2 + Int(input[1])]
            input.removeFirst(2 + methods.count)
            hasGreeted = true
            let wanted: UInt8 = configuration.credentials == nil ? 0 : 2
            isTrusted = wanted == 0
            return methods.contains(wanted) ? [.say([5, wanted])] : over([.say([5, 0xFF]), .close])
        }
        guard isTrusted else { return login(configuration) }
        guard input.count >= 5 else { return nil }
        let (host, length): (String, Int)
        switch input[3] {
        case 1: (host, length) = (ProxyDialogue.address(input.dropFirst(4).prefix(4)), 4)
        case 4: (host, length) = (ProxyDialogue.address(input.dropFirst(4).prefix(16)), 16)
        case 3:
            let name = input.dropFirst(5).prefix(Int(input[4]))
            (host, length) = (String(decoding: name, as: UTF8.self), 1 + Int(input[4]))
        default: return over([.say([5, 8, 0, 1, 0, 0, 0, 0, 0, 0]), .close])
        }
        guard input.count >= 6 + length else { return nil }
        let port = Int(input[4 + length]) << 8 | Int(input[5 + length])
        failed = [5, 5, 0, 1, 0, 0, 0, 0, 0, 0]
        connected = [5, 0, 0, 1, 127, 0, 0, 1, 0, 0]
        return led("SOCKS5", host, port, Array(input.dropFirst(6 + length)), configuration)
    }

    private mutating func login(_ configuration: TestProxy.Configuration) -> [Action]? {
        guard input.count >= 2, input.count >= 3 + Int(input[1]) else { return nil }
        let user = Int(input[1])
        let password = Int(input[2 + user])
        guard input.count >= 3 + user + password else { return nil }
        let given = Credentials(
            user: String(decoding: input[2..<2 + user], as: UTF8.self),
            password: String(decoding: input[(3 + user)..<(3 + user + password)], as: UTF8.self))
        input.removeFirst(3 + user + password)
        isTrusted = given == configuration.credentials
        return isTrusted ? [.say([1, 0])] : over([.say([1, 1]), .close])
    }

    // MARK: SOCKS 4 and 4a

    private mutating func socks4(_ configuration: TestProxy.Configuration) -> [Action]? {
        guard input.count >= 9, let userEnd = input[8...].firstIndex(of: 0) else { return nil }
        let port = Int(input[2]) << 8 | Int(input[3])
        var host = ProxyDialogue.address(input[4..<8])
        var end = userEnd + 1
        var kind = "SOCKS4"
        // 0.0.0.x says that a name follows.
        if input[4] == 0, input[5] == 0, input[6] == 0, input[7] != 0 {
            guard let nameEnd = input[end...].firstIndex(of: 0) else { return nil }
            host = String(decoding: input[end..<nameEnd], as: UTF8.self)
            end = nameEnd + 1
            kind = "SOCKS4a"
        }
        failed = [0, 91, 0, 0, 0, 0, 0, 0]
        connected = [0, 90, 0, 0, 127, 0, 0, 1]
        return led(kind, host, port, Array(input[end...]), configuration)
    }

    private mutating func led(
        _ kind: String, _ host: String, _ port: Int, _ rest: [UInt8], _ configuration: TestProxy.Configuration
    ) -> [Action] {
        var visit = TestProxy.Visit(kind: kind, host: host, port: port, isTLS: false, isServed: true)
        guard configuration.refusal == nil else {
            visit.isServed = false
            return over([.visit(visit, port: port, first: []), .say(failed), .close])
        }
        return over([.visit(visit, port: port, first: rest)])
    }

    private static func address(_ bytes: some Sequence<UInt8>) -> String {
        IPAddress(bytes: Array(bytes)).map(String.init(describing:)) ?? ""
    }
}
