public import TransportCore

/// A request that a ``MockTransport`` waits for, and what it answers.
///
///     let mock = MockTransport(expecting: [
///         .get("/birds", gives: .json("[]")),
///         .post("/birds", fields: [.contentType: "application/json"], gives: MockResponse(.created)).times(2),
///     ])
///     …
///     try mock.verify()
public struct Expectation: Sendable, CustomStringConvertible {
    /// The method; `nil` for any.
    public var method: HTTPRequest.Method?
    /// The URL as a whole, or, if it begins with `/`, the path with its query if it has one, at any origin; `*` at its
    /// end stands for anything.
    public var url: String
    /// Fields that the request must have, with these values.
    public var fields: HTTPFields
    /// Looks at the rest: the body, say. `nil` for no more wishes.
    public var condition: (@Sendable (SentExchange) -> Bool)?
    /// How often it is to come: once.
    public var count: ClosedRange<Int> = 1...1
    /// What it is answered with, one after the other; the last one again and again.
    public var responses: [MockResponse]

    /// A request to wait for.
    public init(
        _ method: HTTPRequest.Method?, _ url: String, fields: HTTPFields = [:],
        where condition: (@Sendable (SentExchange) -> Bool)? = nil, gives responses: [MockResponse]
    ) {
        self.method = method
        self.url = url
        self.fields = fields
        self.condition = condition
        self.responses = responses
    }

    /// A GET.
    public static func get(
        _ url: String, fields: HTTPFields = [:], where condition: (@Sendable (SentExchange) -> Bool)? = nil,
        gives responses: MockResponse...
    ) -> Expectation {
        Expectation(.get, url, fields: fields, where: condition, gives: responses)
    }

    /// A POST.
    public static func post(
        _ url: String, fields: HTTPFields = [:], where condition: (@Sendable (SentExchange) -> Bool)? = nil,
        gives responses: MockResponse...
    ) -> Expectation {
        Expectation(.post, url, fields: fields, where: condition, gives: responses)
    }

    /// A PUT.
    public static func put(
        _ url: String, fields: HTTPFields = [:], where condition: (@Sendable (SentExchange) -> Bool)? = nil,
        gives responses: MockResponse...
    ) -> Expectation {
        Expectation(.put, url, fields: fields, where: condition, gives: responses)
    }

    /// A DELETE.
    public static func delete(
        _ url: String, fields: HTTPFields = [:], where condition: (@Sendable (SentExchange) -> Bool)? = nil,
        gives responses: MockResponse...
    ) -> Expectation {
        Expectation(.delete, url, fields: fields, where: condition, gives: responses)
    }

    /// A request of any method.
    public static func any(
        _ url: String = "*", fields: HTTPFields = [:], where condition: (@Sendable (SentExchange) -> Bool)? = nil,
        gives responses: MockResponse...
    ) -> Expectation {
        Expectation(nil, url, fields: fields, where: condition, gives: responses)
    }

    /// The same, to come exactly so often; 0 for a request that must not come.
    public func times(_ count: Int) -> Expectation {
        var copy = self
        copy.count = max(0, count)...max(0, count)
        return copy
    }

    /// The same, to come so often or more.
    public func atLeast(_ count: Int) -> Expectation {
        var copy = self
        copy.count = max(0, count)...Int.max
        return copy
    }

    /// Why `sent` is not this request; `nil` if it is.
    func difference(_ sent: SentExchange) -> String? {
        let request = sent.request
        if let method, method != request.method { return "the method is \(request.method.rawValue)" }
        if !matches(request.url) { return "the URL is \(request.url)" }
        for field in fields {
            let values = request.fields[values: field.name]
            guard values.contains(field.value) else {
                let shown = values.isEmpty ? "absent" : values.joined(separator: " | ")
                return "the field \(field.name) is \(shown)"
            }
        }
        if let condition, !condition(sent) { return "the condition does not hold" }
        return nil
    }

    private func matches(_ url: HTTPURL) -> Bool {
        var wanted = self.url[...]
        let isOpen = wanted.hasSuffix("*")
        if isOpen { wanted.removeLast() }
        if wanted.isEmpty { return true }
        let seen: String
        if wanted.hasPrefix("/") {
            seen = wanted.contains("?") || isOpen ? url.target : url.path
        } else {
            seen = url.absoluteString
            // The two may be written differently: a port that goes without saying.
            if !isOpen, let normal = try? HTTPURL(String(wanted)) { return normal.absoluteString == seen }
        }
        return isOpen ? seen.hasPrefix(wanted) : seen == wanted
    }

    /// Method, URL, fields, and how often.
    public var description: String {
        var text = "\(method?.rawValue ?? "any method") \(url)"
        for field in fields { text += ", \(field.name): \(field.value)" }
        if condition != nil { text += ", with a condition" }
        if count != 1...1 {
            text += count.upperBound == .max ? ", \(count.lowerBound) times or more" : ", \(count.lowerBound) times"
        }
        return text
    }
}

/// What a ``MockTransport`` was sent and did not expect, or expected and was not sent.
public struct MockMismatch: Error, Sendable, CustomStringConvertible {
    /// One sentence each.
    public var findings: [String]
    /// The findings, one a line.
    public var description: String { findings.joined(separator: "\n") }
}
