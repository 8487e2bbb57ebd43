public import TransportCore

extension TestServer {
    /// What the server does about one request: a list of steps, done in order.
    ///
    ///     [.receive, .head(.ok), .body("hello, "), .wait(.milliseconds(10)), .body("world"), .end]
    ///
    /// A reply that stands in a list begins when the head of its request is in; one that a closure gives begins when
    /// the whole request is in. When the steps end before the message does, the exchange stays as it is until the
    /// client gives it up.
    public struct Reply: Sendable, ExpressibleByArrayLiteral {
        /// What is done, in order.
        public var steps: [Step]

        /// A reply of `steps`.
        public init(_ steps: [Step]) { self.steps = steps }

        public init(arrayLiteral steps: Step...) { self.steps = steps }

        /// Reads the request, then answers with `body`.
        public static func bytes(
            _ body: [UInt8], _ status: HTTPResponse.Status = .ok, fields: HTTPFields = [:], trailers: HTTPFields = [:]
        ) -> Reply {
            Reply([.receive, .head(status, fields), .bytes(body), trailers.isEmpty ? .end : .trailers(trailers)])
        }

        /// Reads the request, then answers with the UTF-8 of `text`, as `text/plain` if `fields` name no type.
        public static func text(
            _ text: String, _ status: HTTPResponse.Status = .ok, fields: HTTPFields = [:], trailers: HTTPFields = [:]
        ) -> Reply {
            bytes(
                Array(text.utf8), status, fields: typed(fields, "text/plain; charset=utf-8"), trailers: trailers)
        }

        /// Reads the request, then answers with the UTF-8 of `json`, as `application/json`.
        public static func json(_ json: String, _ status: HTTPResponse.Status = .ok, fields: HTTPFields = [:]) -> Reply
        {
            bytes(Array(json.utf8), status, fields: typed(fields, "application/json"))
        }

        /// Reads the request, then answers without content.
        public static func status(_ status: HTTPResponse.Status, fields: HTTPFields = [:]) -> Reply {
            Reply([.receive, .head(status, fields), .end])
        }

        /// Reads the request, then sends the client to `location`.
        public static func redirect(to location: String, _ status: HTTPResponse.Status = .found) -> Reply {
            .status(status, fields: [.location: location])
        }

        /// Answers with the content of the request, while it comes.
        public static var echo: Reply { [.head(.ok), .echo, .end] }

        /// Never answers.
        public static var silence: Reply { [.receive, .stall] }

        private static func typed(_ fields: HTTPFields, _ type: String) -> HTTPFields {
            guard fields[.contentType] == nil else { return fields }
            var fields = fields
            fields.append(HTTPField(name: .contentType, value: type))
            return fields
        }
    }

    /// One thing that the server does about a request. What cannot be done as it stands is told in
    /// ``TestServer/problems``.
    public enum Step: Sendable {
        // The request
        /// Reads the request to its end. A client that waits for `100 (Continue)` is sent it first, if `continues`.
        case receiving(continues: Bool)
        /// Reads so many bytes of the request's content.
        case receiveBytes(Int)
        // The response
        /// A 1xx response (RFC 9110 §15.2).
        case inform(HTTPResponse.Status, HTTPFields = [:])
        /// The final head. If no field says how long the content is, the server adds what fits the steps that follow:
        /// `Content-Length`, or on HTTP/1.1 chunked framing.
        case head(HTTPResponse.Status, HTTPFields = [:])
        /// A piece of content.
        case bytes([UInt8])
        /// The same piece again and again; with `Int.max` without end. Sent as fast as the client reads.
        case repeating([UInt8], times: Int)
        /// Content in pieces of `piece` bytes, one each `every`.
        case drip([UInt8], piece: Int, every: Duration)
        /// The request's content, as it comes.
        case echo
        /// Pieces that are made when there is room for them, on the server's thread: `nil` ends them.
        case generated(@Sendable () -> [UInt8]?)
        /// Steps that are found now: with what has come of the request, on the server's thread.
        case then(@Sendable (RecordedExchange) -> [Step])
        /// The end of the message, with these fields behind the content.
        case trailers(HTTPFields)
        /// The end of the message.
        case end
        // Time
        /// Does nothing for so long.
        case wait(Duration)
        /// Does nothing until the test opens the gate.
        case hold(Checkpoint)
        /// Opens the gate, for which the test waits.
        case reach(Checkpoint)
        // What goes wrong
        /// Something that no good server does.
        case fault(Fault)

        /// Reads the request to its end, after `100 (Continue)` if the client waits for it.
        public static let receive = Step.receiving(continues: true)
        /// A piece of content, as UTF-8.
        public static func body(_ text: String) -> Step { .bytes(Array(text.utf8)) }
        /// Does nothing, for ever.
        public static let stall = Step.fault(.stall)
        /// Ends the stream at once: RST_STREAM, RESET_STREAM; on HTTP/1.1 a reset of the connection.
        public static func reset(_ code: StreamCode = .cancel) -> Step { .fault(.reset(code)) }
        /// Closes the connection in an orderly way, once what was said before has been sent.
        public static let close = Step.fault(.close)
        /// Bytes that go out as they are, around all rules: see ``Fault/raw(_:)``.
        public static func raw(_ text: String) -> Step { .fault(.raw(Array(text.utf8))) }
    }
}
