public import TransportCore

extension TestServer {
    /// What a server has seen so far.
    public struct Recorded: Sendable {
        /// The exchanges, in the order in which their heads came.
        public internal(set) var exchanges: [RecordedExchange] = []
        /// Exchanges that fell out of the record, since it was full (``Limits/recordedExchanges``).
        public internal(set) var forgotten = 0
        /// The connections, in the order in which they were accepted.
        public internal(set) var connections: [RecordedConnection] = []

        /// All exchanges, the forgotten ones included.
        public var exchangeCount: Int { forgotten + exchanges.count }
        /// Connections that are open now.
        public var openConnections: Int { connections.count { $0.isOpen } }
    }

    /// One request and what became of it.
    public struct RecordedExchange: Sendable, CustomStringConvertible {
        /// Its number at this server, from 0.
        public internal(set) var number: Int
        /// The number of its connection, from 0.
        public internal(set) var connection: Int
        /// Where its connection came from.
        public internal(set) var remote: Endpoint?
        /// The stream it came on, over HTTP/2 and 3.
        public internal(set) var stream: UInt64?
        /// The version of HTTP.
        public internal(set) var version: TransportCore.HTTPVersion
        /// The method.
        public internal(set) var method: HTTPRequest.Method
        /// The request target as it came: path and query, or another form (RFC 9112 §3.2).
        public internal(set) var target: String
        /// `:scheme`; on HTTP/1.1, `https` inside TLS, else `http`.
        public internal(set) var scheme: String
        /// `Host` or `:authority`.
        public internal(set) var authority: String?
        /// The fields, in their order; without pseudo-header fields.
        public internal(set) var fields: HTTPFields
        /// The content, as far as it is kept (``Limits/recordedBody``).
        public internal(set) var body: [UInt8] = []
        /// Bytes of content that came.
        public internal(set) var bodyCount = 0
        /// The trailer fields.
        public internal(set) var trailers: HTTPFields = [:]
        /// Whether the whole request came.
        public internal(set) var isComplete = false
        /// The status that it was answered with.
        public internal(set) var status: Int?
        /// How it ended; `nil` while it is under way.
        public internal(set) var ending: Ending?
        /// What TLS settled; `nil` in clear text.
        public internal(set) var tls: ConnectionInfo.TLSInfo?

        /// How an exchange ended.
        public enum Ending: Sendable, Hashable {
            /// Request and response are complete.
            case complete
            /// The client reset the stream, with this number on the wire.
            case resetByClient(UInt64)
            /// The server did, as its script says.
            case resetByServer
            /// The connection ended before the exchange did.
            case connectionLost
        }

        /// The content as UTF-8.
        public var text: String { String(decoding: body, as: UTF8.self) }
        /// The target without its query.
        public var path: String { String(target.prefix { $0 != "?" }) }
        /// What follows the target's `?`; `nil` if there is none.
        public var query: String? {
            target.firstIndex(of: "?").map { String(target[target.index(after: $0)...]) }
        }
        /// The value of the first field of that name.
        public subscript(name: String) -> String? { HTTPField.Name(name).flatMap { fields[$0] } }

        /// Method, target, version and status.
        public var description: String {
            "\(method.rawValue) \(target) HTTP/\(version.rawValue): \(status.map(String.init) ?? "no answer")"
        }
    }

    /// One connection.
    public struct RecordedConnection: Sendable {
        /// Its number at this server, from 0.
        public internal(set) var number: Int
        /// Where it came from.
        public internal(set) var remote: Endpoint?
        /// The version that it speaks; `nil` as long as that is not known.
        public internal(set) var version: TransportCore.HTTPVersion?
        /// What TLS settled; `nil` in clear text.
        public internal(set) var tls: ConnectionInfo.TLSInfo?
        /// The name that the client asked for (SNI, RFC 6066 §3).
        public internal(set) var serverName: String?
        /// Whether it is open.
        public internal(set) var isOpen = true
        /// Requests on it.
        public internal(set) var exchanges = 0
        /// Bytes that came, of TCP or UDP.
        public internal(set) var received = 0
        /// Bytes that were handed to the system.
        public internal(set) var sent = 0
        /// What the client did wrong, or why TLS failed.
        public internal(set) var failure: String?
    }
}
