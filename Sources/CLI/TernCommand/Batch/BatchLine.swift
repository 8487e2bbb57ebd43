import TernCore

/// One line of `tern batch`, checked: what is asked, and what is different from the session's defaults.
struct BatchLine: Sendable {
    var id: JSON
    var method: HTTPRequest.Method?
    var url: String
    var headers = Headers()
    var body: [UInt8]?
    var trailers = Headers()
    var transport: String?
    var protocols: ProtocolSet?
    var options = BatchOptions()

    /// A line that says nothing that can be carried out.
    struct Refusal: Error {
        var id: JSON
        var url: String?
        var message: String
    }

    /// - Parameter number: the line's, from 1: its id where it names none.
    init(_ line: LineInput.Line) throws(Refusal) {
        id = .number("\(line.number)")
        url = ""
        func refuse(_ message: String) -> Refusal {
            Refusal(id: id, url: url.isEmpty ? nil : url, message: "line \(line.number): \(message)")
        }
        guard !line.isTooLong else { throw refuse("longer than the \(LineInput.longest) bytes that a line may have") }
        let value: JSON
        do { value = try JSONReader.value(of: line.bytes) } catch { throw refuse("\(error)") }
        guard case .object(let members) = value else { throw refuse("\(value.kind) in place of an object") }
        // First, so that whatever else is wrong is told of this line.
        if let given = members.last(where: { $0.name == "id" }) { id = given.value }
        if case .string(let text)? = members.last(where: { $0.name == "url" })?.value { url = text }
        do throws(BatchValueError) {
            var seen: Set<String> = []
            for member in members {
                guard seen.insert(member.name).inserted else { throw BatchValueError(member.name, "stands twice") }
                try take(member)
            }
            guard seen.contains("url") else { throw BatchValueError("url", "is missing") }
        } catch { throw refuse("\(error)") }
    }

    private mutating func take(_ member: JSON.Member) throws(BatchValueError) {
        let value = BatchValue(member.name, member.value)
        switch member.name {
        case "id": break
        case "url": url = try value.string()
        case "method":
            guard let method = HTTPRequest.Method(try value.string()) else {
                throw BatchValueError("method", "is not a method")
            }
            self.method = method
        case "headers": headers = try value.fields()
        case "trailers": trailers = try value.fields()
        case "body": body = Array(try value.string().utf8)
        case "transport": transport = try value.one(of: TransportChoice.all)
        case "http": protocols = try value.protocols()
        case "options": options = try BatchOptions(value)
        default: throw BatchValueError(member.name, "is not a key that is known here")
        }
    }
}

/// What is wrong with the value under a key.
struct BatchValueError: Error, CustomStringConvertible {
    var key: String
    var problem: String

    init(_ key: String, _ problem: String) {
        self.key = key
        self.problem = problem
    }

    var description: String { "\"\(String(key.prefix(100)))\" \(problem)" }
}

/// A value under a key, to be read as the type that the format gives it.
struct BatchValue {
    let key: String
    let value: JSON

    init(_ key: String, _ value: JSON) {
        self.key = key
        self.value = value
    }

    func wrong(_ wanted: String) -> BatchValueError { BatchValueError(key, "takes \(wanted), not \(value.kind)") }

    func string() throws(BatchValueError) -> String {
        guard case .string(let text) = value else { throw wrong("a string") }
        return text
    }

    func bool() throws(BatchValueError) -> Bool {
        guard case .bool(let value) = value else { throw wrong("true or false") }
        return value
    }

    func integer(upTo limit: Int = .max) throws(BatchValueError) -> Int {
        guard case .number(let text) = value else { throw wrong("a number") }
        guard let number = Int(text), (0...limit).contains(number) else {
            throw BatchValueError(key, "takes a whole number that is not negative, not \(text)")
        }
        return number
    }

    func seconds() throws(BatchValueError) -> Duration {
        guard case .number(let text) = value else { throw wrong("a number of seconds") }
        guard let seconds = Double(text), seconds >= 0, seconds < 1e9 else {
            throw BatchValueError(key, "takes seconds, not \(text)")
        }
        return .microseconds(Int64(seconds * 1_000_000))
    }

    func one(of names: [String]) throws(BatchValueError) -> String {
        let name = try string()
        guard names.contains(name) else {
            throw BatchValueError(key, "takes \(names.joined(separator: ", ")), not \(name.debugDescription)")
        }
        return name
    }

    func array() throws(BatchValueError) -> [JSON] {
        guard case .array(let values) = value else { throw wrong("an array") }
        return values
    }

    func fields() throws(BatchValueError) -> Headers {
        var headers = Headers()
        for value in try array() {
            guard case .array(let pair) = value, pair.count == 2, case .string(let name) = pair[0],
                case .string(let text) = pair[1]
            else { throw BatchValueError(key, "takes pairs of a name and a value: [[\"name\", \"value\"], …]") }
            headers.append(Headers.Name(name), text)
            if let fault = headers.fault { throw BatchValueError(key, "cannot be sent: \(fault)") }
        }
        return headers
    }

    private static let versions: [(String, ProtocolSet)] = [
        ("auto", .automatic), ("1.1", .http1), ("2", [.http1, .http2]),
        ("2-prior-knowledge", [.http2, .http2PriorKnowledge]), ("3", [.http1, .http2, .http3]), ("3-only", .http3),
    ]

    func protocols() throws(BatchValueError) -> ProtocolSet {
        let name = try one(of: Self.versions.map(\.0))
        return Self.versions.first { $0.0 == name }?.1 ?? .automatic
    }
}
