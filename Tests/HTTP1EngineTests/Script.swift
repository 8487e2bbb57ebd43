import HTTP1Engine
import HTTPTypes
import Wire

/// What an engine read, in a form that does not depend on how the bytes were cut: bodies joined, errors by code.
func transcript(_ events: [HTTP1Event]) -> [String] {
    var lines: [String] = []
    var body: [UInt8] = []
    func list(_ fields: HTTPFields) -> String { fields.map { "\($0.name.rawName)=\($0.value)" }.joined(separator: "|") }
    func flush() {
        if !body.isEmpty { lines.append("body \(String(decoding: body, as: UTF8.self))") }
        body = []
    }
    for event in events {
        if case .body(let bytes) = event {
            body += bytes
            continue
        }
        flush()
        switch event {
        case .request(let head):
            lines.append("request \(head.method) \(head.target) \(head.version) \(list(head.fields))")
        case .informational(let head): lines.append("informational \(head.status) \(list(head.fields))")
        case .response(let head): lines.append("response \(head.status) \(head.reason) \(list(head.fields))")
        case .switched(let head): lines.append("switched \(head.status)")
        case .end(let trailers): lines.append(trailers.isEmpty ? "end" : "end \(list(trailers))")
        case .failed(let error): lines.append("failed \(error.code.rawValue)")
        case .closed(let error): lines.append(error.map { "closed \($0.code.rawValue)" } ?? "closed")
        case .body: break
        }
    }
    flush()
    return lines
}

let start = Instant(nanoseconds: 0)

extension HTTP1Client {
    /// Takes text, one byte a character, and gives all events that are there then.
    mutating func read(_ text: String) -> [HTTP1Event] {
        receive(latin(text).span, at: start)
        return events
    }

    var events: [HTTP1Event] {
        mutating get {
            var taken: [HTTP1Event] = []
            while let event = nextEvent() { taken.append(event) }
            return taken
        }
    }

    /// All output that is there, as text.
    var sent: String {
        mutating get {
            var bytes: [UInt8] = []
            _ = nextOutput(into: &bytes)
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}

extension HTTP1Server {
    mutating func read(_ text: String) -> [HTTP1Event] {
        receive(latin(text).span, at: start)
        return events
    }

    var events: [HTTP1Event] {
        mutating get {
            var taken: [HTTP1Event] = []
            while let event = nextEvent() { taken.append(event) }
            return taken
        }
    }

    var sent: String {
        mutating get {
            var bytes: [UInt8] = []
            _ = nextOutput(into: &bytes)
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}

extension RequestHead {
    /// A request with a Host field, and more fields behind it.
    static func to(
        _ target: String, _ method: HTTPRequest.Method = .get, _ fields: [(String, String)] = [],
        host: String = "example.test"
    ) -> RequestHead {
        var head = RequestHead(method: method, target: target)
        for (name, value) in [("Host", host)] + fields {
            guard let name = HTTPField.Name(name) else { continue }
            head.fields.append(HTTPField(name: name, value: value))
        }
        return head
    }
}

/// SplitMix64: the same numbers in every run.
struct Numbers: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
